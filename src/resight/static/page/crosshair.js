// The crosshair: the place in the middle of the map, for those who steer it by keyboard.
resight.crosshair = (() => {
  const { make } = resight.parts;

  /** Shows while the keyboard steers the map; the map fires "steer" with the place under it. */
  function crosshair(map) {
    const box = map.getContainer();
    box.append(make("svg", { class: "crosshair", viewBox: "-20 -20 40 40", width: 40, height: 40, "aria-hidden": "true" },
      make("path", { class: "casing", d: "M-18 0H-4M4 0H18M0-18V-4M0 4V18" }), make("path", { d: "M-18 0H-4M4 0H18M0-18V-4M0 4V18" })));
    const tell = () => box.classList.contains("steered") && map.fire("steer", { latlng: map.getCenter() });
    const steer = (on) => {
      if (on === box.classList.contains("steered")) return;
      box.classList.toggle("steered", on);
      tell();
    };
    box.addEventListener("focus", () => steer(box.matches(":focus-visible")));
    box.addEventListener("blur", () => steer(false));
    box.addEventListener("keydown", (event) => event.target === box && event.key !== "Tab" && steer(true));
    box.addEventListener("pointerdown", () => steer(false));
    map.on("moveend", tell);
  }

  return { crosshair };
})();
