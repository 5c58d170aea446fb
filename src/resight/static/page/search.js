// The search: words that a record must hold, all of them, to stay on map, strip and table.
resight.search = (() => {
  const { words, make } = resight.parts;
  const records = resight.records;

  const plainly = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const told = new Map();

  /** All that a record says, once asked for; its keys and addresses are no words of it. */
  function text(record) {
    if (!told.has(record)) {
      const { id, when, what, chips, fields, matches, sources, note } = record;
      const parts = [id, when, what, chips, fields, matches.map((match) => match.to), sources.map((source) => [source.text, source.details]), note ?? ""];
      told.set(record, plainly(parts.flat(Infinity).join(" ")));
    }
    return told.get(record);
  }

  let wanted = [];
  records.narrowBy((record) => wanted.every((word) => text(record).includes(word)));

  function search() {
    const field = make("input", { type: "search", autocomplete: "off", spellcheck: "false" });
    field.addEventListener("input", () => {
      wanted = plainly(field.value).split(/\s+/).filter(Boolean);
      records.changed();
    });
    return make("label", { class: "search" }, words.search, " ", field);
  }

  return { search };
})();
