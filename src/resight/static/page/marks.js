// Marks of the records whose position is given, and the lines that join them.
resight.marks = (() => {
  const { data, make, plain, fixed } = resight.parts;
  const { INK, glyph } = resight.glyphs;
  const { open, markContent } = resight.popup;

  /** Marks of the records whose position is given. */
  function marks(map, period) {
    const group = L.layerGroup();
    for (const mark of data.map.marks.filter((one) => one.period === period)) {
      const shape = L.geoJSON(mark.geometry, {
        interactive: false,
        style: { color: INK, weight: 2, fillOpacity: 0.15 },
        pointToLayer: (_, at) => L.circle(at, { radius: mark.uncertainty_m || 1, color: INK, weight: 1, dashArray: "2 3", fillOpacity: 0.06, interactive: false }),
      });
      // A circle knows its bounds only on a map; a plain layer of the same geometry knows them at once.
      const at = L.geoJSON(mark.geometry).getBounds().getCenter();
      const said = mark.outcome ? [fixed(mark.outcome, "span", "caption")] : [];
      const button = make("button", {
        class: `mark${mark.matched.length ? " matched" : ""}`, type: "button",
        "aria-label": plain([`${mark.when}:`, ...mark.what]), "aria-haspopup": "dialog",
      }, glyph(mark.glyph), said);
      button.addEventListener("click", () => open(map, at, button, markContent(mark)));
      L.DomEvent.disableClickPropagation(button);
      shape.addTo(group);
      L.marker(at, { icon: L.divIcon({ className: "holder", html: button, iconSize: [0, 0] }), interactive: false, keyboard: false }).addTo(group);
      mark.at = at;
    }
    return group;
  }

  function links() {
    const group = L.layerGroup();
    const byId = new Map(data.map.marks.map((mark) => [mark.id, mark]));
    for (const mark of data.map.marks.filter((one) => one.period === "now")) {
      for (const other of mark.matched.map((id) => byId.get(id)).filter(Boolean)) {
        L.polyline([mark.at, other.at], { color: "#000", weight: 2, dashArray: "6 5", interactive: false }).addTo(group);
      }
    }
    return group;
  }

  return { marks, links };
})();
