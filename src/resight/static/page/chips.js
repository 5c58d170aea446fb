// Georeferenced images of the logbook laid on the map, the newest on top, each as long as its record is shown.
resight.chips = (() => {
  const { data, words, plain } = resight.parts;
  const { records } = resight;
  const group = L.layerGroup();

  /** Lay them, once the records are there. */
  function begin() {
    const laid = (data.images?.chips ?? []).map(({ id, uri, bounds: [west, south, east, north] }) => {
      const record = records.byId.get(id);
      const alt = plain([`${words.image_of}:`, ...record.what, `(${record.when})`]);
      return { record, image: L.imageOverlay(uri, [[south, west], [north, east]], { pane: "chips", alt, zIndex: record.last }).addTo(group) };
    });
    records.onNarrowed(() => laid.forEach(({ record, image }) => image.setOpacity(Number(records.passes(record)))));
  }

  return { layer: () => group, begin };
})();
