// The Leaflet map, the layers folium asks for by name, and the order in which the page is put together.
resight.page = (() => {
  const { read, data, words, make, plain } = resight.parts;
  const { Labels } = resight.labels;

  /** The Leaflet map, with a pane for each depth. */
  function newMap(id, { view, ...options }) {
    L.Icon.Default.mergeOptions(read("resight-icons"));
    delete L.Icon.Default.prototype._getIconUrl;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = L.map(id, { ...options, zoomAnimation: !still, fadeAnimation: !still, inertia: !still });
    for (const [name, depth] of [["sea", 210], ["land", 220], ["lines", 230], ["chips", 235], ["area", 240], ["leaders", 590], ["marks", 595]]) {
      map.createPane(name).style.zIndex = depth;
      map.getPane(name).style.pointerEvents = "none";
    }
    L.control.zoom({ position: "topleft", zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    resight.compass.compass(map);
    map.labels = new Labels(map);
    // The first view of a map is never slid to; folium's own fitting, after a first view, would be.
    return map.fitBounds(view, { padding: [24, 24] });
  }

  const { ground, places, site } = resight.ground;
  const layers = { ground, places, site, badges: resight.badges.badges, chips: resight.chips.layer, links: () => resight.marks.layer("links") };
  const layer = (map, key) => (layers[key] ? layers[key](map) : resight.marks.layer(key));

  /** Everything but the map, once its layers are there. */
  async function begin(map) {
    await resight.records.load();
    resight.around.head();
    resight.around.beside(map);
    resight.around.below();
    document.getElementById("map-title").textContent = words.map;
    const container = map.getContainer();
    container.setAttribute("role", "group");
    container.setAttribute("aria-label", `${words.map}: ${plain(data.title)}. ${words.map_help} ${words.map_keys}`);
    instruments(map);
    resight.chips.begin();
    resight.marks.begin(map);
    map.labels.obstacles = resight.marks.boxes;
    settle(map);
    const reveal = () => location.hash && resight.around.reveal(location.hash.slice(1));
    addEventListener("hashchange", reveal);
    reveal();
    if (location.protocol === "about:") document.addEventListener("click", inFrame);
    resight.records.onChosen((record, from) => resight.popup.showRecord(map, record, from));
    onPaper(map);
  }

  /** In a notebook's frame, which has no address, "#…" would lead to the notebook and an address away from the page. */
  function inFrame(event) {
    const link = event.target.closest("a[href]");
    if (!link) return;
    const address = link.getAttribute("href");
    if (!address.startsWith("#")) return void (link.target = "_blank");
    event.preventDefault();
    resight.around.reveal(address.slice(1));
  }

  /** The instruments stand under the map, where they cover nothing of it. */
  function instruments(map) {
    resight.crosshair.crosshair(map);
    map.getContainer().after(make("div", { class: "instruments", role: "group", "aria-label": words.instruments },
      resight.measure.measure(map), resight.coordinates.coordinates(map)));
  }

  /** The view as it stays: bounds set any earlier would slide the map under the reader's finger after the first frame. */
  function settle(map) {
    map.invalidateSize({ animate: false });
    const bounds = map.options.maxBounds;
    if (bounds) map.panInsideBounds(bounds, { animate: false }).setMaxBounds(bounds);
    map.labels.arrange();
  }

  /** For print: nothing folded away, and the same piece of the map on a sheet's width. */
  function onPaper(map) {
    let closed = [], bounds = null;
    const fit = (paper) => {
      map.getContainer().classList.toggle("paper", paper);
      map.invalidateSize({ animate: false });
      map.fitBounds(bounds, { animate: false });
      map.labels.arrange();
    };
    addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("details:not([open])")];
      closed.forEach((element) => (element.open = true));
      map.closePopup();
      bounds = map.getBounds();
      fit(true);
    });
    addEventListener("afterprint", () => {
      closed.forEach((element) => (element.open = false));
      fit(false);
    });
  }

  return { map: newMap, layer, begin };
})();
