// Marks of the records whose position is given, and the lines that join them.
resight.marks = (() => {
  const { data, make, plain, fixed } = resight.parts;
  const { INK, glyph } = resight.glyphs;
  const records = resight.records;
  /** With more looks than this the words under their signs would cover each other; the legend has them. */
  const CAPTIONED = 6;

  /** Periods whose layer is switched off: the table and the strip leave them out as well. */
  const off = new Set();
  records.narrowBy((record) => !off.has(record.period));

  function switchPeriod(period, on) {
    off[on ? "delete" : "add"](period);
    records.changed();
  }

  /** Marks of the records whose position is given. */
  function marks(map, period) {
    const group = L.layerGroup(), drawn = [];
    const captioned = data.map.marks.filter((mark) => mark.outcome).length;
    for (const mark of data.map.marks.filter((one) => one.period === period)) {
      const record = records.byId.get(mark.id);
      const shape = L.geoJSON(mark.geometry, {
        interactive: false,
        style: { color: INK, weight: 2, fillOpacity: 0.15 },
        pointToLayer: (_, at) => L.circle(at, { radius: mark.uncertainty_m || 1, color: INK, weight: 1, dashArray: "2 3", fillOpacity: 0.06, interactive: false }),
      });
      // A circle knows its bounds only on a map; a plain layer of the same geometry knows them at once.
      const at = L.geoJSON(mark.geometry).getBounds().getCenter();
      const said = mark.outcome && captioned <= CAPTIONED ? [fixed(mark.outcome, "span", "caption")] : [];
      const button = make("button", {
        class: `mark${mark.matched.length ? " matched" : ""}`, type: "button",
        "aria-label": plain([`${record.when}:`, ...record.what]), "aria-haspopup": "dialog",
      }, glyph(record.glyph), said);
      button.addEventListener("click", () => records.choose(record.id, button));
      L.DomEvent.disableClickPropagation(button);
      shape.addTo(group);
      L.marker(at, { icon: L.divIcon({ className: "holder", html: button, iconSize: [0, 0] }), interactive: false, keyboard: false }).addTo(group);
      record.at = mark.at = at;
      drawn.push({ record, button, shape });
    }
    const show = () => drawn.forEach(({ record, button, shape }) => {
      button.hidden = !records.passes(record);
      shape.eachLayer((part) => part.getElement?.()?.toggleAttribute("hidden", button.hidden));
    });
    group.on("add", () => switchPeriod(period, true)).on("remove", () => switchPeriod(period, false));
    records.onNarrowed(show);
    return group;
  }

  function links() {
    const group = L.layerGroup(), drawn = [];
    const byId = new Map(data.map.marks.map((mark) => [mark.id, mark]));
    for (const mark of data.map.marks.filter((one) => one.period === "now")) {
      for (const other of mark.matched.map((id) => byId.get(id)).filter(Boolean)) {
        const line = L.polyline([mark.at, other.at], { color: "#000", weight: 2, dashArray: "6 5", interactive: false }).addTo(group);
        drawn.push({ line, ends: [mark, other].map((end) => records.byId.get(end.id)) });
      }
    }
    const show = () => drawn.forEach(({ line, ends }) => line.getElement()?.toggleAttribute("hidden", !ends.every((end) => records.passes(end))));
    group.on("add", show);
    records.onNarrowed(show);
    return group;
  }

  return { marks, links };
})();
