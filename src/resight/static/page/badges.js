// Boxes that stand for a site's records without being a pin for any of them.
resight.badges = (() => {
  const { data, words, make, say, plain, fixed } = resight.parts;
  const { glyph } = resight.glyphs;
  const { latLng, outline } = resight.ground;
  const { open, badgeContent } = resight.popup;
  const { records } = resight;

  /** Boxes that stand for a site's records without being a pin for any of them. */
  function badges(map) {
    const group = L.layerGroup();
    for (const badge of data.map.badges) {
      const counts = make("span", { class: "counts" });
      for (const [sign, number, inWords] of badge.counts) {
        if (number === "0" && !["now", "then"].includes(sign)) continue;
        // Read out in words; the bare number is for the eye.
        counts.append(make("span", { title: inWords }, glyph(sign), make("span", { "aria-hidden": "true" }, number), fixed(`${inWords}, `, "span", "unseen")));
      }
      const unplaced = badge.unplaced ? [fixed(badge.unplaced, "span", "caption")] : [];
      const caption = badge.caption ? [fixed(badge.caption, "span", "caption")] : [counts, ...unplaced];
      const inWords = badge.caption || [...badge.counts.map((count) => count[2]), ...(badge.unplaced ? [badge.unplaced] : [])].join(", ");
      const name = `${plain(badge.name)}: ${inWords}`;
      const look = `badge${badge.own || badge.watched ? " strong" : ""}${data.kind === "overview" ? " many" : ""}`;
      const inside = [make("span", { class: "name" }, say(badge.short)), ...caption];
      const box = badge.href
        ? make("a", { class: look, href: badge.href }, fixed(`${words.open_page} `, "span", "unseen"), inside)
        : make("button", { class: look, type: "button", "aria-haspopup": "dialog" }, inside);
      if (badge.own) {
        const narrowed = fixed("", "span", "caption");
        records.onNarrowed(() => {
          const shown = records.shown().length, all = records.all.length;
          narrowed.textContent = `${shown} ${words.of} ${all} ${words.rows_shown}`;
          if (shown < all) box.append(narrowed);
          else narrowed.remove();
        });
      }
      const at = latLng(badge.at);
      if (!badge.href) box.addEventListener("click", () => open(map, at, box, name, badgeContent(badge)));
      const dot = L.circleMarker(at, { pane: "lines", className: "dot site", radius: 4, weight: 1.5, fillOpacity: 1, interactive: false });
      map.labels.add(group, { at, element: box, dot, stays: badge.own, clearOf: badge.own ? outline() : null });
    }
    return group;
  }

  return { badges };
})();
