// The box that opens on the map: what stands in it, and where the focus goes.
resight.popup = (() => {
  const { words, make, say, plain, fixed, recordLink } = resight.parts;
  const { glyph } = resight.glyphs;

  function badgeContent(badge) {
    const content = [make("h3", {}, say(badge.name))];
    if (badge.where) content.push(make("p", {}, say(badge.where)));
    if (badge.caption) content.push(fixed(badge.caption, "p"));
    else content.push(make("ul", { class: "signs" }, badge.counts.map(([sign, , inWords]) => make("li", {}, glyph(sign), " ", inWords))));
    if (badge.listing.length) content.push(fixed(words.not_pinned, "p"));
    for (const { title, records } of badge.listing) {
      content.push(fixed(title, "h4"), make("ul", { class: "signs" }, records.map((record) =>
        make("li", {}, glyph(record.glyph), " ", recordLink(record.id, [...say(record.when), ": ", ...say(record.what)])))));
    }
    return content;
  }

  function markContent(mark) {
    return [
      make("h3", {}, say(mark.what)),
      make("p", {}, glyph(mark.glyph), " ", say(mark.when)),
      mark.matched.length ? make("p", {}, glyph("matched"), " ", words.matched) : null,
      make("p", {}, recordLink(mark.id, fixed(words.to_record))),
    ];
  }

  /** A box on the map that takes the focus and gives it back. */
  function open(map, at, from, content) {
    const box = make("div", { class: "box", role: "dialog", tabindex: "-1", "aria-label": plain(from.getAttribute("aria-label")) }, content);
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

  return { open, badgeContent, markContent };
})();
