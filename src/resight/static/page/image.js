// The logbook's own image of a record, small; where it resembles or repeats another, both, the earlier year first.
resight.image = (() => {
  const { data, words, make, say, plain } = resight.parts;
  const { glyph } = resight.glyphs;
  const { byId } = resight.records;

  function figure(record) {
    const { copy, credit } = data.images.of[record.id];
    const [src, width, height] = data.images.copies[copy];
    const alt = plain([`${words.image_of}:`, ...record.what, `(${record.when})`]);
    return make("figure", {},
      make("img", { src, width, height, alt, decoding: "async" }),
      make("figcaption", {}, glyph(record.glyph), " ", say(record.when), credit.map((part) => [" · ", ...say(part)])));
  }

  /** What stands beside a record: its image, with that of its match, or why there is none. */
  function images(record) {
    const held = data.images?.of[record.id];
    if (!held) return null;
    if (held.reason) return make("p", { class: "fine" }, say(held.reason));
    const shown = [record, ...held.beside.map((id) => byId.get(id))];
    shown.sort((one, other) => one.days[0] - other.days[0]);
    return make("div", { class: "images" }, shown.map(figure));
  }

  return { images };
})();
