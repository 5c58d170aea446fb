// Lengths and bearings on the WGS 84 ellipsoid, by Karney's own routines, and how they and places are written.
resight.geodesy = (() => {
  const { WGS84, LATITUDE, LONGITUDE, LONG_UNROLL } = geodesic.Geodesic;
  /** Metres between two points of a drawn leg, and how many at most: a leg is as good as straight between them. */
  const STEP = 2000, MOST = 256;

  /** The shortest way from one place to another: metres, and degrees from north at its start; none for no way. */
  function leg(a, b) {
    const { s12: metres, azi1 } = WGS84.Inverse(a.lat, a.lng, b.lat, b.lng);
    return { metres, bearing: metres ? (azi1 + 360) % 360 : null };
  }

  /** The same way as a line to draw: on the map it is bent, and it may cross the antimeridian. */
  function way(a, b) {
    const line = WGS84.InverseLine(a.lat, a.lng, b.lat, b.lng), number = Math.max(1, Math.min(MOST, Math.ceil(line.s13 / STEP)));
    return Array.from({ length: number + 1 }, (_, index) => {
      const { lat2, lon2 } = line.Position((line.s13 * index) / number, LATITUDE | LONGITUDE | LONG_UNROLL);
      return L.latLng(lat2, lon2);
    });
  }

  const rounded = (number, digits) => number.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

  /** Metres to a thousand, then kilometres: three or more figures, which is what a click on a map is good for. */
  function length(metres) {
    if (metres < 999.5) return `${rounded(metres, metres < 9.95 ? 1 : 0)} m`;
    const km = metres / 1000;
    return `${rounded(km, km < 9.995 ? 2 : km < 99.95 ? 1 : 0)} km`;
  }

  const angle = (bearing) => `${Math.round(bearing) % 360}°`;

  /** Decimals of a degree that a pixel of the map is good for. */
  const digits = (map) => Math.max(2, Math.min(5, Math.ceil(Math.log10((256 * 2 ** map.getZoom()) / 360))));

  /** Latitude and longitude in decimal degrees, with the sign that a machine reads. */
  function decimal(at, places) {
    const { lat, lng } = at.wrap();
    return [lat, lng].map((degrees) => degrees.toFixed(places).replace(/^-(0\.?0*)$/, "$1")).join(", ");
  }

  /** The same in degrees, minutes and seconds, with the letters of the hemispheres. */
  function sexagesimal(at, places) {
    const { lat, lng } = at.wrap(), tenths = places > 4 ? 1 : 0, unit = 10 ** tenths;
    const part = (degrees, positive, negative) => {
      // Rounded first, so that no second is ever the sixtieth.
      const all = Math.round(Math.abs(degrees) * 3600 * unit), seconds = (all % (60 * unit)) / unit;
      const whole = [Math.floor(all / (3600 * unit)), Math.floor(all / (60 * unit)) % 60];
      const padded = (number, digits, decimals = 0) => number.toFixed(decimals).padStart(digits, "0");
      return `${whole[0]}°${padded(whole[1], 2)}′${padded(seconds, tenths ? 4 : 2, tenths)}″ ${degrees < 0 && all ? negative : positive}`;
    };
    return `${part(lat, "N", "S")}, ${part(lng, "E", "W")}`;
  }

  return { leg, way, length, angle, digits, decimal, sexagesimal };
})();
