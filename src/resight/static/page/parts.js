// The page's data, and the small parts everything else is made of. Every word of a record goes through say(), which
// makes text nodes; nothing here turns data into markup.
resight.parts = (() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const data = read("resight-data");
  const words = data.words;

  /** The same for an island that may have been compressed. */
  async function unpack(id) {
    const island = document.getElementById(id);
    if (island.type === "application/json") return JSON.parse(island.textContent);
    const text = atob(island.textContent), bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  }

  /** An element; attributes with a value of null are left out, children are nodes. */
  function make(tag, attributes = {}, ...children) {
    const svg = ["svg", "defs", "pattern", "path", "circle", "rect", "text", "tspan"].includes(tag);
    const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== false) element.setAttribute(name, value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null));
    return element;
  }

  const RIGHT_TO_LEFT = "\\p{Script=Hebrew}\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Thaana}\\p{Script=Nko}";
  /** A run of words written right to left, with what stands between them, as in a ship's name within a sentence. */
  const RUN = new RegExp(`([${RIGHT_TO_LEFT}](?:[${RIGHT_TO_LEFT}\\P{L}]*[${RIGHT_TO_LEFT}])?)`, "u");

  /** Text from the data, each part isolated so that its writing direction stays its own. */
  function say(value) {
    const parts = Array.isArray(value) ? value : [value];
    return parts.flatMap((part, index) => {
      const pieces = String(part ?? "").split(RUN), own = make("bdi");
      // A sentence in such a script is whole as it is; a name within another takes no number or comma along.
      if (/\p{L}/u.test(pieces[0])) own.append(...pieces.map((piece, at) => (at % 2 ? make("bdi", {}, piece) : piece)));
      else own.textContent = part;
      return index ? [" ", own] : [own];
    });
  }

  /** The same for an attribute, where nothing can be isolated: controls of writing direction are left out. */
  function plain(value) {
    return (Array.isArray(value) ? value.join(" ") : value).replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
  }

  const fixed = (text, tag = "span", name = null) => {
    const element = make(tag, { class: name });
    element.textContent = text;
    return element;
  };

  function webLink(url, content) {
    if (!/^https?:\/\//.test(url)) return make("span", {}, content);
    return make("a", { href: url, rel: "noreferrer noopener" }, content);
  }

  const recordLink = (id, content) => make("a", { href: `#record-${id}` }, content);

  return { read, unpack, data, words, make, say, plain, fixed, webLink, recordLink };
})();
