// The north arrow. The map is never turned, so it only has to say so.
resight.compass = (() => {
  const { words, make } = resight.parts;
  const { glyph } = resight.glyphs;

  function compass(map) {
    const control = L.control({ position: "bottomright" });
    control.onAdd = () => make("div", { class: "compass", role: "img", "aria-label": words.north_up }, glyph("north"));
    return control.addTo(map);
  }

  return { compass };
})();
