// What stands around the map: the message above it, the legend beside it, the records below it.
resight.around = (() => {
  const { data, words, make, say, plain, fixed, recordLink } = resight.parts;
  const { glyph } = resight.glyphs;
  const { lines, recordArticle } = resight.record;
  const { table } = resight.table;
  const { strip } = resight.strip;
  const { filter } = resight.filter;
  const { offer } = resight.tiles;
  const { records } = resight;
  /** Records told in full at a time, in each group. */
  const STEP = 100;

  function head() {
    const names = data.names.map(([language, name]) => make("span", { lang: language }, say(name)));
    document.getElementById("head").append(
      ...(data.links.length ? [waysOn(data.links, words.ways_on)] : []),
      make("h1", {}, say(data.title), names.length ? make("small", {}, names) : null),
      make("p", { class: "lead" }, say(data.lead)),
      ...data.findings.map(finding),
      ...(data.more ? [make("p", { class: "aside" }, say(data.more))] : []),
      ...data.asides.map((aside) => make("p", { class: "aside" }, say(aside))),
    );
  }

  /** Links to what stands beside the page: pairs of address and text. */
  function waysOn(pairs, name) {
    return make("nav", { class: "ways-on", "aria-label": name }, pairs.map(([href, text]) => make("a", { href }, say(text))));
  }

  /** One match in a sentence; its two halves lead to their records where these are on the page. */
  function finding(one) {
    const half = (id, text) => (data.groups ? recordLink(id, say(text)) : make("span", {}, say(text)));
    const where = one.where ? [make("strong", {}, one.href ? make("a", { href: one.href }, say(one.where)) : say(one.where)), ": "] : [];
    const grounds = one.grounds ? [": ", ...say(one.grounds)] : [];
    return make("p", { class: "match" }, where, half(one.now_id, one.now), " ", make("strong", {}, one.verb), " ", half(one.then_id, one.then), grounds, ".");
  }

  function beside(map) {
    const legend = make("ul", { class: "signs" }, data.legend.map(([sign, text]) => make("li", {}, glyph(sign), " ", make("span", {}, say(text)))));
    legend.append(make("li", {}, glyph("north"), " ", make("span", {}, words.north_up)));
    const notes = [data.map.missing, ...data.map.fineprint].filter(Boolean);
    document.getElementById("beside").append(
      fixed(words.legend, "h3"), legend,
      ...notes.map((note) => fixed(note, "p", "fine")),
      fixed([...data.credits].join(" · "), "p", "fine"),
      ...offer(map),
    );
  }

  function section(id, title, ...content) {
    return make("section", { id, "aria-labelledby": `${id}-title` }, make("h2", { id: `${id}-title` }, title), content);
  }

  /** Record id to what puts its article on the page. */
  const folded = new Map();

  /** The records of a group, a stretch of them at once and the rest when asked for: thousands would hold the page up. */
  function articles(all) {
    const list = make("div", {});
    const button = (act) => {
      const made = make("button", { type: "button", class: "plain" });
      made.addEventListener("click", act);
      return made;
    };
    const earlier = button(() => show(Math.max(0, first - STEP), end)), more = button(() => show(first, end + STEP));
    let first = 0, end = 0;

    /** Let the records from one place to another stand on the page; those that do already stay as they are. */
    function show(from, to) {
      const upTo = Math.min(to, all.length);
      if (from > end || upTo < first) {
        list.replaceChildren();
        first = end = from;
      }
      list.prepend(...all.slice(from, first).map(recordArticle));
      list.append(...all.slice(end, upTo).map(recordArticle));
      [first, end] = [Math.min(from, first), Math.max(upTo, end)];
      earlier.textContent = `${words.earlier_records}: ${first}`;
      more.textContent = `${words.more_records}: ${all.length - end}`;
      [earlier.hidden, more.hidden] = [first === 0, end === all.length];
    }

    /** Bring one of them onto the page, with its neighbours and not all that lie before it. */
    function bring(index) {
      if (index < first || index >= end) show(Math.max(0, index - STEP / 2), index + STEP / 2);
    }

    all.forEach((record, index) => folded.set(record.id, () => bring(index)));
    show(0, STEP);
    return [earlier, list, more];
  }

  /** Bring a record's article onto the page, and open what hides it. */
  function reveal(address) {
    folded.get(address.replace(/^record-/, ""))?.();
    const target = document.getElementById(address);
    if (!target) return;
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "start" });
  }

  function groups() {
    const ofGroup = (key) => records.all.filter((record) => record.period === key);
    return data.groups.filter(({ key }) => key !== "other" || ofGroup(key).length).map((group) => {
      const own = ofGroup(group.key), count = ` (${own.length})`;
      const list = own.length ? articles(own) : [make("p", {}, say(data.empty))];
      const title = [...say(group.title), make("small", {}, ` ${group.role}${count}`)];
      if (group.key !== "other") return make("section", { class: `group ${group.key}`, "aria-labelledby": `group-${group.key}` }, make("h3", { id: `group-${group.key}`, class: "year" }, glyph(group.key), " ", title), list);
      return make("details", { class: "group other" }, make("summary", {}, title), list);
    });
  }

  function card(entry) {
    const name = entry.href ? make("a", { href: entry.href }, say(entry.name)) : make("span", {}, say(entry.name));
    return make("article", { class: `card${entry.watched ? " watched" : ""}` },
      make("h3", {}, name, entry.watched ? make("small", {}, ` ${entry.watched}`) : null),
      make("p", { class: "sentence" }, say(entry.lead)),
      entry.findings.map(finding),
      entry.more ? make("p", {}, say(entry.more)) : null,
      tally(entry),
      lines(entry.lines),
      entry.links.length ? waysOn(entry.links, plain([`${words.ways_on}:`, entry.name])) : null);
  }

  /** What is on file for a site: a line for each kind, a column for each of the two compared periods. */
  function tally({ name, years, counts }) {
    if (!counts.length) return null;
    const head = make("tr", {}, make("td"), years.map(([sign, year]) => make("th", { scope: "col" }, glyph(sign), " ", year)));
    const rows = counts.map(([kind, ...cells]) => make("tr", {}, make("th", { scope: "row" }, kind), cells.map((cell) => make("td", {}, cell))));
    return make("table", { class: "tally", "aria-label": plain(name) }, make("thead", {}, head), make("tbody", {}, rows));
  }

  function below() {
    const parts = [];
    if (records.all.some((record) => record.period !== "other")) {
      const { over, under } = filter();
      parts.push(section("time", words.strip, ...over, ...strip(), ...under));
    }
    if (records.all.length) parts.push(section("table", words.table, ...table()));
    if (data.groups) parts.push(section("records", words.records, make("div", { class: "groups" }, groups())));
    if (data.cards) parts.push(section("sites", words.sites, make("div", { class: "cards" }, data.cards.map(card)), data.silent ? make("p", {}, say(data.silent)) : null));
    if (data.about.length) parts.push(section("about", words.about, lines(data.about)));
    const facts = data.facts.flatMap(([label, value, whole]) => [fixed(label, "dt"), make("dd", { title: whole || null }, say(value))]);
    parts.push(section("data", words.data, make("dl", {}, facts)));
    document.getElementById("below").append(...parts);
    if (document.getElementById("time")) resight.strip.draw();
  }

  return { head, beside, below, reveal };
})();
