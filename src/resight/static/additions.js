// What folium's popups ask of jQuery, and no more: markup to its elements, as a list.
const $ = (markup) => {
  const template = document.createElement("template");
  template.innerHTML = markup.trim();
  return [...document.importNode(template.content, true).children];
};
