// Online tiles, which only the reader can switch on: until then nobody outside hears that the page is open.
resight.tiles = (() => {
  const { data, words, make, say } = resight.parts;

  /** The button and its warning; none where the page was made without a template. */
  function offer(map) {
    const { tiles } = data.map;
    if (!tiles) return [];
    const layer = L.tileLayer(tiles.template, { maxZoom: 19, referrerPolicy: "no-referrer" });
    const button = make("button", { type: "button", class: "plain", "aria-pressed": "false" }, words.tiles);
    button.addEventListener("click", () => {
      const on = !map.hasLayer(layer);
      button.setAttribute("aria-pressed", on);
      map[on ? "addLayer" : "removeLayer"](layer);
      // The packaged land would lie over the tiles; the coast stays as a line.
      for (const pane of ["sea", "land"]) map.getPane(pane).hidden = on;
    });
    return [make("div", { class: "tiles" }, button, make("p", { class: "fine" }, say(tiles.warning)))];
  }

  return { offer };
})();
