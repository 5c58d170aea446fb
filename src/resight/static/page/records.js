// The records of the page: which one is chosen, and which are shown. Map, table and strip say here what was chosen or
// narrowed, and hear it from here; none of them knows the others.
resight.records = (() => {
  const { data } = resight.parts;

  /** Those who hear of something, and the way to tell them. */
  function signal() {
    const heard = [];
    return { hear: (listener) => heard.push(listener), tell: (...what) => heard.forEach((listener) => listener(...what)) };
  }

  const all = (data.groups ?? []).flatMap((group) => group.records.map((record) => Object.assign(record, { period: group.key })));
  const byId = new Map(all.map((record) => [record.id, record]));
  const chosen = signal(), narrowed = signal();
  const tests = [];

  /** Choose a record; `from` is the element that gets the focus back. */
  function choose(id, from) {
    if (byId.has(id)) chosen.tell(byId.get(id), from);
  }

  /** Does a record pass what the map's layers and the time filter ask? One test can be left out. */
  const passes = (record, but = null) => tests.every((test) => test === but || test(record));

  return {
    all, byId, choose, passes,
    onChosen: chosen.hear,
    /** Show only records that pass this test too; `changed` is called by whoever owns the test when its answer changes. */
    narrowBy: (test) => tests.push(test),
    changed: narrowed.tell,
    onNarrowed: narrowed.hear,
    shown: () => all.filter((record) => passes(record)),
  };
})();
