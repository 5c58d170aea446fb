// The coordinates of the place pointed at, tapped or under the crosshair, and a button that copies them.
resight.coordinates = (() => {
  const { words, make, fixed } = resight.parts;
  const { geodesy } = resight;
  const { copy } = resight.clipboard;

  function coordinates(map) {
    const read = fixed(words.point_help, "span", "read"), said = fixed("", "span", "unseen");
    said.setAttribute("role", "status");
    const button = make("button", { type: "button", class: "plain", hidden: "" }, words.copy_place);
    const sign = make("svg", { class: "held", viewBox: "-9 -9 18 18", width: 18, height: 18, "aria-hidden": "true" },
      make("path", { class: "casing", d: "M-7-7 7 7M-7 7 7-7" }), make("path", { d: "M-7-7 7 7M-7 7 7-7" }));
    // A place clicked or tapped is held while the pointer goes to the button.
    const held = L.marker([0, 0], { icon: L.divIcon({ className: "holder", html: sign, iconSize: [0, 0] }), interactive: false, keyboard: false });
    let shown = "";

    function show(at, live = false) {
      const digits = geodesy.digits(map);
      shown = geodesy.decimal(at, digits);
      // What the pointer passes over is not read out; where the keys have led, is.
      read.setAttribute("aria-live", live ? "polite" : "off");
      read.replaceChildren(fixed(shown.replaceAll("-", "−")), " ", fixed(geodesy.sexagesimal(at, digits)));
      button.hidden = false;
      button.textContent = words.copy_place;
      said.textContent = "";
    }

    map.on("mousemove", ({ latlng }) => show(latlng));
    map.on("mouseout", () => map.hasLayer(held) && show(held.getLatLng()));
    map.on("steer", ({ latlng }) => show(latlng, true));
    map.on("click", ({ latlng }) => {
      held.setLatLng(latlng).addTo(map);
      show(latlng);
    });
    map.getContainer().addEventListener("keydown", (event) => event.key === "Escape" && held.remove());
    button.addEventListener("click", async () => {
      await copy(shown);
      button.textContent = words.place_copied;
      said.textContent = `${words.place_copied}: ${shown}`;
    });
    return make("div", { class: "coordinates" }, read, button, said);
  }

  return { coordinates };
})();
