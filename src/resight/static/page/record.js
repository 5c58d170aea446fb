// One record in full, wherever it is read: its matches with their grounds, its fields, its sources.
resight.record = (() => {
  const { words, make, say, fixed, webLink, recordLink } = resight.parts;
  const { glyph } = resight.glyphs;
  const { images } = resight.image;

  /** Label and value lines. */
  function lines(pairs) {
    return make("dl", {}, pairs.flatMap(([label, ...parts]) => [fixed(label, "dt"), make("dd", {}, say(parts))]));
  }

  const chips = (record) => make("ul", { class: "chips" }, record.chips.map((chip) => make("li", {}, say(chip))));

  function recordArticle(record) {
    const title = make("h3", {}, glyph(record.glyph), " ", make("span", { class: "when" }, say(record.when)), " ", say(record.what));
    const relations = record.relations.map((relation) => make("p", {}, `${relation.how} `, reference(relation)));
    return make("article", { id: `record-${record.id}`, class: `record ${record.glyph}${record.matches.some((match) => !match.caution) ? " matched" : ""}`, tabindex: "-1" },
      title, chips(record), images(record), record.matches.map(matchBlock), lines(record.fields), relations, sources(record),
      record.note ? make("details", {}, fixed(words.note, "summary"), make("p", { class: "written" }, say(record.note))) : null);
  }

  const reference = ({ to, linked }) => (linked ? recordLink(to, say(to)) : make("span", {}, say(to)));

  function matchBlock(match) {
    const sentence = make("p", { class: "sentence" }, match.caution ? [...say(match.caution), " – "] : [], `${match.verb} `, reference(match));
    sentence.append(...say(match.rest));
    const block = make("div", { class: `match${match.caution ? " candidate" : ""}` }, sentence);
    if (match.why.length) {
      const rows = match.why.map(([factor, agreement, bits, why]) =>
        make("tr", {}, make("th", { scope: "row" }, say(factor)), make("td", {}, say(agreement)), make("td", { class: "number" }, bits), make("td", {}, say(why))));
      rows.push(make("tr", {}, make("th", { scope: "row" }, words.total), make("td"), make("td", { class: "number" }, match.total), make("td")));
      block.append(make("details", {}, fixed(words.why, "summary"), make("div", { class: "wide", tabindex: "0" }, make("table", {}, make("tbody", {}, rows)))));
    }
    return block;
  }

  function sources(record) {
    const shown = record.sources.map((source) => make("li", {},
      source.url ? webLink(source.url, say(source.text)) : say(source.text),
      source.details.length ? [", ", ...say(source.details)] : []));
    if (record.withheld) shown.push(make("li", {}, `${record.withheld} ${words.withheld}`));
    if (!shown.length) shown.push(make("li", {}, words.no_source));
    return make("div", { class: "sources" }, fixed(words.sources, "h4"), make("ul", {}, shown));
  }

  return { lines, chips, matchBlock, sources, recordArticle };
})();
