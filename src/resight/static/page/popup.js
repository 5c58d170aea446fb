// The box that opens on the map: what stands in it, and where the focus goes.
resight.popup = (() => {
  const { data, words, make, say, plain, fixed, recordLink } = resight.parts;
  const { glyph } = resight.glyphs;
  const { images } = resight.image;
  const { matchBlock, chips, lines, sources } = resight.record;
  const records = resight.records;
  /** Records named in a site's popup; the table has them all. */
  const LISTED = 50;

  function badgeContent(badge) {
    const content = [make("h3", {}, say(badge.name))];
    if (badge.where) content.push(make("p", {}, say(badge.where)));
    if (badge.caption) content.push(fixed(badge.caption, "p"));
    else content.push(make("ul", { class: "signs" }, badge.counts.map(([sign, , inWords]) => make("li", {}, glyph(sign), " ", inWords))));
    const unplaced = badge.own ? records.all.filter((record) => record.unplaced) : [];
    if (unplaced.length) content.push(fixed(words.not_pinned, "p"));
    for (const { key, title } of data.groups ?? []) {
      const listed = unplaced.filter((record) => record.period === key);
      if (listed.length) content.push(fixed(title, "h4"), ...list(listed, (record, text) => recordLink(record.id, text)));
    }
    return content;
  }

  /** The first of some records, and how many more there are. */
  function list(listed, entry) {
    const more = listed.length - LISTED;
    return [
      make("ul", { class: "signs" }, listed.slice(0, LISTED).map((record) =>
        make("li", {}, glyph(record.glyph), " ", entry(record, [...say(record.when), ": ", ...say(record.what)])))),
      more > 0 ? make("p", {}, `${words.more_in_table}: ${more}`) : null,
    ].filter(Boolean);
  }

  /** Several records on one spot: each opens its own box. */
  function listContent(listed, from) {
    const entry = (record, text) => {
      const button = make("button", { type: "button", class: "entry" }, text);
      button.addEventListener("click", () => records.choose(record.id, from));
      return button;
    };
    return [make("h3", {}, `${listed.length} ${words.records_here}`), ...list(listed, entry)];
  }

  function markContent(record, from) {
    return [
      make("h3", {}, say(record.what)),
      make("p", {}, glyph(record.glyph), " ", say(record.when)),
      chips(record),
      images(record),
      record.matches.flatMap((match) => [matchBlock(match), counterpart(match, from)]),
      lines(record.fields),
      sources(record),
      make("p", {}, recordLink(record.id, fixed(words.to_record))),
    ];
  }

  /** The way from a match to its other half. */
  function counterpart(match, from) {
    if (!match.linked) return null;
    const button = make("button", { type: "button", class: "plain" }, `${words.go_to} `, say(match.to));
    button.addEventListener("click", () => records.choose(match.to, from));
    return button;
  }

  /** The popup of a record: at its own position, or at the site's where none is given. */
  function showRecord(map, record, from) {
    const place = record.at ?? L.latLng(data.map.site.at[1], data.map.site.at[0]);
    map.getContainer().scrollIntoView({ block: "nearest" });
    map.panInside(place, { padding: [40, 40], animate: false });
    open(map, place, from, plain([`${record.when}:`, ...record.what]), markContent(record, from));
  }

  /** A box on the map that takes the focus and gives it back. */
  function open(map, at, from, name, content) {
    const box = make("div", { class: "box", role: "dialog", tabindex: "-1", "aria-label": name }, content);
    const { x: width, y: height } = map.getSize();
    const popup = L.popup({
      maxWidth: Math.min(340, width - 60), minWidth: Math.min(220, width - 60), maxHeight: Math.max(160, height - 130),
      closeButton: false, autoPanPadding: [12, 12],
    });
    const close = make("button", { type: "button", class: "close" }, words.close);
    close.addEventListener("click", () => map.closePopup(popup));
    box.append(close);
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") map.closePopup(popup);
    });
    box.addEventListener("click", (event) => {
      if (event.target.closest("a")) from = null;
    });
    // On a narrow map the controls would lie over the box.
    popup.on("remove", () => {
      map.getContainer().classList.remove("reading");
      from?.focus({ preventScroll: true });
    });
    map.closePopup();
    map.getContainer().classList.add("reading");
    popup.setLatLng(at).setContent(box).openOn(map);
    box.focus({ preventScroll: true });
  }

  return { open, badgeContent, listContent, showRecord };
})();
