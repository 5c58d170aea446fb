// The table of all records: sorted by any column, narrowed with the map, copied to a spreadsheet.
resight.table = (() => {
  const { data, words, make, say, plain, fixed } = resight.parts;
  const { glyph } = resight.glyphs;
  const records = resight.records;
  /** Rows put on the page at a time: ten thousand at once would hold it up. */
  const STEP = 200;
  /** Milliseconds without another change before many rows are made anew. */
  const PAUSE = 60;
  const collator = new Intl.Collator("en", { numeric: true });

  const joined = (parts) => (Array.isArray(parts) ? parts.join(" ") : parts);
  const matches = (record) => record.matches.flatMap((match, index) => [...(index ? ["·"] : []), ...(match.caution ? [`${match.caution}:`] : []), match.verb, match.to]);

  /** What a column is called, and what of a record stands in it; columns that no record fills are left out. */
  const columns = () => [
    { label: words.column_when, of: (record) => record.when },
    { label: words.column_what, of: (record) => record.what, look: "long" },
    { label: words.column_result, of: (record) => data.kinds[record.glyph] },
    { label: words.column_match, of: matches, look: "long" },
    ...data.columns.filter((label) => records.columns.has(label)).map((label) => ({ label, of: (record) => record.field(label) })),
    { label: words.column_position, of: (record) => (record.unplaced ? words.position_not_given : words.position_given) },
    { label: words.column_sources, of: (record) => record.sources.map((source) => joined(source.text)).join("; "), look: records.all.some((record) => record.sources.length > 2) ? "list" : null },
    { label: words.column_record, of: (record) => record.id },
  ].filter((column) => records.all.some((record) => column.of(record).length));

  let COLUMNS = [], ordered = null, by = 0, down = false, limit = STEP, chosen = null;
  const head = make("tr"), body = make("tbody"), more = make("button", { type: "button" }), said = make("p", { role: "status" });

  /** All records in the order asked for; what is not filled in comes last either way, and records come in order of time. */
  function inOrder() {
    if (by === 0) return down ? [...records.all].reverse() : records.all;
    const texts = records.all.map((record) => joined(COLUMNS[by].of(record)));
    // Thousands of records say few things: the words are put in order once, the records by their rank.
    const ranks = new Map([...new Set(texts)].sort(collator.compare).map((text, rank) => [text, rank]));
    const way = down ? -1 : 1, rank = texts.map((text) => (text ? way * ranks.get(text) : Infinity));
    return [...records.all].sort((a, b) => (rank[a.index] === rank[b.index] ? a.index - b.index : rank[a.index] - rank[b.index]));
  }

  /** The same, as far as they are shown. */
  const sorted = () => (ordered ??= inOrder()).filter((record) => records.passes(record));

  function row(record) {
    const cells = COLUMNS.map((column, index) => {
      if (index) return make("td", { class: column.look ?? null }, say(column.of(record)));
      const button = make("button", { type: "button", "aria-label": plain([`${record.when}:`, ...record.what, `– ${words.show_on_map}`]) },
        glyph(record.glyph), " ", make("span", {}, say(record.when)));
      return make("th", { scope: "row" }, button);
    });
    const line = make("tr", { "data-id": record.id, "aria-current": record.id === chosen ? "true" : null }, cells);
    // Text in a row can still be marked and copied by hand.
    line.addEventListener("click", () => getSelection().isCollapsed && records.choose(record.id, line.querySelector("button")));
    return line;
  }

  function draw() {
    const rows = sorted(), hidden = Math.max(0, rows.length - limit);
    [...head.children].forEach((cell, index) => cell.setAttribute("aria-sort", index !== by ? "none" : down ? "descending" : "ascending"));
    body.replaceChildren(...rows.slice(0, limit).map(row));
    if (!rows.length) body.append(make("tr", {}, make("td", { colspan: COLUMNS.length }, words.no_rows)));
    more.hidden = !hidden;
    more.textContent = `${words.more_rows}: ${hidden}`;
    said.textContent = `${rows.length} ${words.of} ${records.all.length} ${words.rows_shown}`;
  }

  /** One cell for a spreadsheet: on one line, and never run as a formula. */
  function cell(text) {
    const tidy = plain(text).replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ").trim();
    return /^[=+\-@＝＋－＠]/.test(tidy) ? `'${tidy}` : tidy;
  }

  /** All rows that pass, also those not on the page yet, as text with tabs. */
  function asText() {
    const lines = sorted().map((record) => COLUMNS.map((column) => cell(joined(column.of(record)))));
    return [COLUMNS.map((column) => column.label), ...lines].map((line) => line.join("\t")).join("\n");
  }

  async function copy() {
    const text = asText(), number = records.shown().length;
    await resight.clipboard.copy(text);
    said.textContent = `${words.copied}: ${number}`;
  }

  function table() {
    COLUMNS = columns();
    COLUMNS.forEach((column, index) => {
      const button = make("button", { type: "button" }, column.label);
      button.addEventListener("click", () => {
        [by, down, ordered] = [index, index === by && !down, null];
        draw();
      });
      head.append(make("th", { scope: "col" }, button));
    });
    const copying = make("button", { type: "button", class: "plain" }, words.copy);
    copying.addEventListener("click", copy);
    more.className = "plain";
    more.addEventListener("click", () => {
      const first = body.children.length;
      limit += STEP;
      draw();
      body.children[first]?.querySelector("button").focus();
    });
    let waiting = 0;
    records.onNarrowed(() => {
      limit = STEP;
      clearTimeout(waiting);
      // Where rows are many, map and strip come first: a handle would stick under the finger that draws it.
      if (records.all.length > STEP) waiting = setTimeout(draw, PAUSE);
      else draw();
    });
    records.onChosen((record) => {
      chosen = record.id;
      for (const line of body.children) line.toggleAttribute("aria-current", false);
      [...body.children].find((line) => line.dataset.id === chosen)?.setAttribute("aria-current", "true");
    });
    draw();
    const caption = fixed(words.table, "caption", "unseen");
    return [make("div", { class: "over" }, resight.search.search(), said, copying),
      make("div", { class: "wide", tabindex: "0", role: "group", "aria-label": words.table }, make("table", {}, caption, make("thead", {}, head), body)), more];
  }

  return { table };
})();
