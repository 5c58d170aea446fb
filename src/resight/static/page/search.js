// The search: words that a record must hold, all of them, to stay on map, strip and table.
resight.search = (() => {
  const { data, words, make } = resight.parts;
  const records = resight.records;

  const plainly = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  /** Columns that are no words of a record: its keys, its days as numbers, and what is said of other records. */
  const SILENT = new Set(["period", "glyph", "look", "first", "last", "unplaced", "matches", "relations", "withheld", "uncertainty", ...(data.of_others ?? [])]);
  let texts = null, found = [];

  /** What each distinct value says, column by column; worked out once somebody searches. */
  function said() {
    const heard = [...records.columns].filter(([name]) => !SILENT.has(name));
    return (texts ??= heard.map(([, { are, of }]) => ({ of, are: are.map((value) => plainly(flat(value))) })));
  }

  /** The words of a value; the address of a source is none. */
  const flat = (value) => (Array.isArray(value) ? value.map(flat).join(" ") : value?.text ? flat([value.text, value.details]) : value ?? "");

  /** For a word, in which columns it stands and in which of their values. */
  function hits(word) {
    const columns = said().map(({ of, are }) => ({ of, has: are.map((text) => text.includes(word)) }));
    return columns.filter(({ has }) => has.some(Boolean));
  }

  const holds = ({ of, has }, index) => has[of ? of[index] : has.length === 1 ? 0 : index];
  const byWords = records.narrowBy((record) => found.every((columns) => columns.some((column) => holds(column, record.index))));

  function search() {
    const field = make("input", { type: "search", autocomplete: "off", spellcheck: "false" });
    field.addEventListener("input", () => {
      found = plainly(field.value).split(/\s+/).filter(Boolean).map(hits);
      byWords.changed();
    });
    return make("label", { class: "search" }, words.search, " ", field);
  }

  return { search };
})();
