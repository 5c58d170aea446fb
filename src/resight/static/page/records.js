// The records of the page: which one is chosen, and which are shown. Map, table and strip say here what was chosen or
// narrowed, and hear it from here; none of them knows the others.
resight.records = (() => {
  const { unpack, words } = resight.parts;

  /** Those who hear of something, and the way to tell them. */
  function signal() {
    const heard = [];
    return { hear: (listener) => heard.push(listener), tell: (...what) => heard.forEach((listener) => listener(...what)) };
  }

  const all = [], byId = new Map(), columns = new Map(), fields = new Map(), tests = [];
  const chosen = signal(), narrowed = signal();
  let told = null, failed = new Uint8Array(0), passing = null;

  /** What stands in a column for each record: every distinct value is there once. */
  const reader = ({ are, of }) => (of ? (index) => are[of[index]] : are.length === 1 ? () => are[0] : (index) => are[index]);

  /** One record; what it says is read out of the columns when it is asked for. */
  class Record {
    constructor(index) {
      this.index = index;
    }
    get days() {
      return [this.first, this.last];
    }
    get fields() {
      const lines = [...fields].map(([label, of]) => [label, ...of(this.index)]).filter((line) => line.length > 1);
      return [...lines, [words.column_record, this.id]];
    }
    /** The parts of one line. */
    field(label) {
      return fields.get(label)(this.index);
    }
    /** Where it lies; null where no position is given. */
    get at() {
      const [lon, lat] = told.at.slice(2 * this.index, 2 * this.index + 2);
      return lon === null ? null : L.latLng(lat, lon);
    }
  }

  /** Read the records; nothing of the page that shows one stands before. */
  async function load() {
    told = await unpack("resight-records");
    if (!told) return;
    for (const [name, column] of [...Object.entries(told.columns), ["uncertainty", told.uncertainty]]) {
      const of = reader(column);
      columns.set(name, column);
      Object.defineProperty(Record.prototype, name, { get() { return of(this.index); } });
    }
    for (const [label, column] of told.fields) {
      columns.set(label, column);
      fields.set(label, reader(column));
    }
    for (let index = 0; index < told.number; index++) all.push(new Record(index));
    all.forEach((record) => byId.set(record.id, record));
    failed = new Uint8Array(told.number);
    tests.forEach(weigh);
  }

  /** Choose a record; `from` is the element that gets the focus back. */
  function choose(id, from) {
    if (byId.has(id)) chosen.tell(byId.get(id), from);
  }

  function weigh({ test, bit }) {
    for (const record of all) {
      if (test(record)) failed[record.index] &= ~bit;
      else failed[record.index] |= bit;
    }
    passing = null;
  }

  /** Show only records that pass this test too. Whoever owns it calls `changed` when its answer changes. */
  function narrowBy(test) {
    const own = { test, bit: 1 << tests.length };
    own.changed = () => {
      weigh(own);
      narrowed.tell();
    };
    tests.push(own);
    return own;
  }

  /** Does a record pass what the map's layers, the time filter and the search ask? One test can be left out. */
  const passes = (record, but = { bit: 0 }) => (failed[record.index] & ~but.bit) === 0;

  return {
    all, byId, columns, load, choose, passes, narrowBy,
    onChosen: chosen.hear,
    onNarrowed: narrowed.hear,
    shown: () => (passing ??= all.filter((record) => passes(record))),
    /** What was drawn as more than a point: record and GeoJSON. */
    shapes: () => (told ? told.shapes.map(([index, geometry]) => [all[index], geometry]) : []),
  };
})();
