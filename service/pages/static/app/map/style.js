// How the map looks: colours, layers and legend. The colours follow the survey's own maps (paddy
// yellow, forest green, water blue, buildings red), and differ in lightness too, so that they can
// be told apart without seeing hue.

export const PARCELS_FROM = 12;
const FARMLAND_FROM = 10;
const APPROVALS_FROM = 10;
// Deeper tiles would be finer than the survey, and each border of a tile repeats labels.
const DEEPEST = 15;
const VILLAGES_FROM = 11;

// Code prefixes per group; where two fit, the longer one counts.
const CLASSES = [
  { text: "水田", colour: "#eef08c", prefixes: ["0101"] },
  { text: "水浇地、旱地", colour: "#fbf6c8", prefixes: ["01"] },
  { text: "园地", colour: "#f6c98f", prefixes: ["02"] },
  { text: "林地", colour: "#7fb58a", prefixes: ["03"] },
  { text: "草地", colour: "#c3e08a", prefixes: ["04"] },
  { text: "设施农用地", colour: "#c69a5e", prefixes: ["1202"] },
  { text: "住宅", colour: "#e58f86", prefixes: ["07"] },
  { text: "商服工矿仓储", colour: "#b07f93", prefixes: ["05", "06"] },
  { text: "公共、特殊", colour: "#d9a9cd", prefixes: ["08", "09"] },
  { text: "交通", colour: "#8f8a86", prefixes: ["10"] },
  { text: "农村道路", colour: "#cbc5bd", prefixes: ["1006"] },
  { text: "水域、水工", colour: "#8fcbea", prefixes: ["11"] },
  { text: "其他土地", colour: "#e4dccb", prefixes: ["12", "13"] },
];
const UNKNOWN = "#ffffff";
const EXAM = [
  { text: "合格", colour: "#dfe9dd", value: "ok" },
  { text: "有提示", colour: "#efb13f", value: "warn" },
  { text: "有阻断", colour: "#a3281c", value: "block" },
];
const PROTECTED = "#3f8a57";
const PLAIN = "#f1eee4";
const FARMLAND = "#1d6b3a";
const APPROVED = "#6a3fa0";
const LAPSED = "#7d7789";
const BORDER = "#6b4a3a";
const CHOSEN = "#d0006f";
const GROUND = "#e6e8e1";
const COUNTY = "#fbfaf6";
const TOWNS = ["#f4f0dd", "#e9f0e2", "#f5e9e0", "#e6eef0", "#f1ecf0"];

const classOf = (() => {
  const long = CLASSES.flatMap(({ colour, prefixes }) => prefixes.filter((each) => each.length === 4).flatMap((each) => [each, colour]));
  const short = CLASSES.flatMap(({ colour, prefixes }) => prefixes.filter((each) => each.length === 2).flatMap((each) => [each, colour]));
  const code = ["to-string", ["coalesce", ["get", "land_class"], ""]];
  return ["match", ["slice", code, 0, 4], ...long, ["match", ["slice", code, 0, 2], ...short, UNKNOWN]];
})();

export const FILL = {
  class: classOf,
  protection: PLAIN,
  exam: ["match", ["get", "exam"], ...EXAM.flatMap(({ value, colour }) => [value, colour]), UNKNOWN],
};

const at = (...stops) => ["interpolate", ["linear"], ["zoom"], ...stops];
const ink = (halo, size, extra = {}) => ({
  layout: { "text-font": ["Sans Regular"], "text-size": size, "text-max-width": 8, "text-padding": 4, ...extra },
  paint: { "text-color": "#26312a", "text-halo-color": halo, "text-halo-width": 1.6 },
});

const SOURCES = {
  parcels: { minzoom: PARCELS_FROM, promoteId: "uid" },
  farmland: { minzoom: FARMLAND_FROM },
  outlines: { minzoom: 4 },
  approvals: { minzoom: APPROVALS_FROM },
  findings: { minzoom: PARCELS_FROM },
};
export const TILED = Object.keys(SOURCES);

// The mark is for the map alone, which asks again where it differs; it is not sent.
export const tilesOf = (source, on, mark = 0) => [`${location.origin}/tiles/${source}/{z}/{x}/{y}?on=${on}#${mark}`];

const vector = (source, on) => ({
  type: "vector",
  tiles: tilesOf(source, on),
  maxzoom: DEEPEST,
  ...SOURCES[source],
});

const fromTiles = (source, id, type, rest) => ({ id, type, source, "source-layer": source, ...rest });
const ofLevel = (level) => ["==", ["get", "level"], level];
const isFor = (state, yes, no) => ["case", ["boolean", ["feature-state", state], false], yes, no];
const inForce = (yes, no) => ["case", ["to-boolean", ["get", "in_force"]], yes, no];

function parcelLayers(names) {
  return [
    fromTiles("parcels", "parcels-fill", "fill", {
      paint: { "fill-color": classOf, "fill-opacity": 0.92, "fill-antialias": false },
    }),
    fromTiles("parcels", "parcels-line", "line", {
      paint: { "line-color": "#55604f", "line-width": at(12, 0.3, 14, 0.6, 17, 1.1), "line-opacity": at(12, 0.25, 13.5, 0.55, 15, 0.85) },
    }),
    fromTiles("parcels", "parcels-label", "symbol", {
      minzoom: 15.5,
      layout: {
        "text-field": ["coalesce", ["get", ["to-string", ["get", "land_class"]], ["literal", names]], ["to-string", ["get", "land_class"]]],
        "text-font": ["Sans Regular"],
        "text-size": at(15.5, 12, 18, 14),
        "text-padding": 12,
      },
      paint: { "text-color": "#2b322a", "text-halo-color": "#fffffff0", "text-halo-width": 1.2 },
    }),
  ];
}

function farmlandLayers() {
  return [
    fromTiles("farmland", "farmland-solid", "fill", {
      layout: { visibility: "none" },
      paint: { "fill-color": PROTECTED, "fill-opacity": 0.78 },
    }),
    fromTiles("farmland", "farmland-hatch", "fill", {
      paint: { "fill-pattern": "hatch", "fill-opacity": at(10, 0.7, 13, 0.6, 15, 0.75) },
    }),
    fromTiles("farmland", "farmland-line", "line", {
      paint: { "line-color": FARMLAND, "line-width": at(10, 0.2, 13, 0.6, 16, 1.8), "line-opacity": at(10, 0.3, 13, 0.7, 15, 0.95) },
    }),
  ];
}

function approvalLayers() {
  return [
    fromTiles("approvals", "approvals-fill", "fill", {
      paint: { "fill-color": inForce(APPROVED, LAPSED), "fill-opacity": inForce(0.28, 0.16) },
    }),
    fromTiles("approvals", "approvals-line", "line", {
      filter: ["to-boolean", ["get", "in_force"]],
      paint: { "line-color": APPROVED, "line-width": at(10, 1, 14, 2.2) },
    }),
    fromTiles("approvals", "approvals-lapsed", "line", {
      filter: ["!", ["to-boolean", ["get", "in_force"]]],
      paint: { "line-color": LAPSED, "line-width": at(10, 0.7, 14, 1.8), "line-dasharray": [2, 1.6] },
    }),
  ];
}

function outlineLayers() {
  const line = (level, paint, rest = {}) =>
    fromTiles("outlines", `outlines-${level}`, "line", {
      filter: ofLevel(level), layout: { "line-join": "round" }, paint: { "line-color": BORDER, ...paint }, ...rest,
    });
  return [
    line("village", { "line-width": at(11, 0.5, 15, 1.4), "line-opacity": 0.75, "line-dasharray": [4, 2] }),
    line("town", { "line-width": at(8, 0.8, 12, 1.8, 16, 2.6), "line-opacity": 0.85, "line-dasharray": [7, 2, 1.5, 2] }),
    line("county", { "line-width": at(8, 2, 14, 3.5) }),
  ];
}

// Towns whose boxes meet get different tints, as long as there are enough.
function tintsOf(towns) {
  const taken = [];
  for (const { code, box: [west, south, east, north] } of towns) {
    const near = taken.filter(({ box }) => box[0] <= east && box[2] >= west && box[1] <= north && box[3] >= south);
    const uses = TOWNS.map((_, n) => near.filter(({ tint }) => tint === n).length);
    taken.push({ code, box: [west, south, east, north], tint: uses.indexOf(Math.min(...uses)) });
  }
  return taken.flatMap(({ code, tint }) => [code, TOWNS[tint]]);
}

// From afar towns have tints of their own; near by the parcels' colours are all that counts.
function groundLayers(places) {
  const tints = tintsOf(places.filter(({ level }) => level === "town"));
  const tint = tints.length ? ["match", ["get", "area_code"], ...tints, COUNTY] : COUNTY;
  return [
    fromTiles("outlines", "county-fill", "fill", { filter: ofLevel("county"), paint: { "fill-color": COUNTY } }),
    fromTiles("outlines", "town-fill", "fill", {
      filter: ofLevel("town"), paint: { "fill-color": tint, "fill-opacity": at(PARCELS_FROM - 1, 1, PARCELS_FROM + 0.5, 0) },
    }),
  ];
}

function placeLayers() {
  const named = { "text-field": ["get", "name"], "symbol-sort-key": ["length", ["get", "code"]] };
  const place = (level, size, zooms, extra) => ({
    id: `place-${level}`, type: "symbol", source: "places", filter: ofLevel(level), ...zooms, ...ink("#fbfaf6e6", size, { ...named, ...extra }),
  });
  return [
    place("village", at(11.5, 11, 15, 14), { minzoom: 11.3 }),
    place("town", at(8, 12, 12, 17), { minzoom: 7, maxzoom: 14.5 }, { "text-font": ["Sans Bold"] }),
  ];
}

export function pointsOf(places) {
  return {
    type: "FeatureCollection",
    features: places.map(({ code, name, level, point }) => ({
      type: "Feature", properties: { code, name, level }, geometry: { type: "Point", coordinates: point },
    })),
  };
}

function imagery(key) {
  const tiles = (layer) =>
    [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
      `https://t${n}.tianditu.gov.cn/${layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=${layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=${key}`);
  const raster = (layer) => ({ type: "raster", tiles: tiles(layer), tileSize: 256, maxzoom: 18, attribution: "天地图" });
  return {
    sources: { imagery: raster("img"), "imagery-names": raster("cia") },
    layers: ["imagery", "imagery-names"].map((id) => ({ id, type: "raster", source: id, layout: { visibility: "none" } })),
  };
}

export function styleOf({ on, places, land_classes: names, tianditu_key: key }) {
  const seen = key ? imagery(encodeURIComponent(key)) : { sources: {}, layers: [] };
  const chosen = (id, colour, width) =>
    fromTiles("parcels", id, "line", {
      layout: { "line-join": "round" },
      paint: { "line-color": colour, "line-width": width, "line-opacity": isFor("chosen", 1, 0) },
    });
  return {
    version: 8,
    sources: {
      ...seen.sources,
      ...Object.fromEntries(TILED.map((source) => [source, vector(source, on)])),
      places: { type: "geojson", data: pointsOf(places) },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": GROUND } },
      ...groundLayers(places),
      ...seen.layers,
      ...parcelLayers(names),
      ...farmlandLayers(),
      ...approvalLayers(),
      ...outlineLayers(),
      chosen("chosen-casing", "#ffffff", 7),
      chosen("chosen-line", CHOSEN, 3.5),
      ...placeLayers(),
      fromTiles("findings", "findings-mark", "symbol", {
        layout: {
          visibility: "none",
          "icon-image": ["match", ["get", "severity"], "block", "mark-block", "mark-warn"],
          "icon-size": at(12, 0.65, 16, 1),
          "icon-allow-overlap": true,
        },
      }),
    ],
  };
}

export const OVERLAYS = {
  farmland: ["farmland-hatch", "farmland-line"],
  approvals: ["approvals-fill", "approvals-line", "approvals-lapsed"],
  outlines: ["outlines-village", "outlines-town", "outlines-county", "place-village", "place-town"],
  findings: ["findings-mark"],
  imagery: ["imagery", "imagery-names"],
};

// Patterns and marks are drawn here: there is no sprite to fetch.
const RATIO = 2;

function drawn(width, height, paint) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext("2d");
  paint(pen);
  return pen.getImageData(0, 0, width, height);
}

export function hatchSwatch(pen, side, step, width) {
  pen.strokeStyle = FARMLAND;
  pen.lineWidth = width;
  pen.beginPath();
  for (let offset = -side; offset <= side; offset += step) {
    pen.moveTo(offset - 2, side + 2);
    pen.lineTo(offset + side + 2, -2);
  }
  pen.stroke();
}

function mark(colour, isBlock) {
  return drawn(36, 36, (pen) => {
    pen.fillStyle = colour;
    pen.strokeStyle = "#fff";
    pen.lineWidth = 3;
    pen.lineJoin = "round";
    pen.beginPath();
    if (isBlock) pen.rect(5, 5, 26, 26);
    else { pen.moveTo(18, 3); pen.lineTo(34, 32); pen.lineTo(2, 32); pen.closePath(); }
    pen.fill();
    pen.stroke();
    pen.fillStyle = isBlock ? "#fff" : "#2b1c00";
    pen.fillRect(16, isBlock ? 10 : 13, 4, 10);
    pen.fillRect(16, isBlock ? 22 : 25, 4, 4);
  });
}

export function addImages(map) {
  map.addImage("hatch", drawn(16, 16, (pen) => hatchSwatch(pen, 16, 16, 2)), { pixelRatio: RATIO });
  map.addImage("mark-warn", mark("#f0a92a", false), { pixelRatio: RATIO });
  map.addImage("mark-block", mark("#a3281c", true), { pixelRatio: RATIO });
}

// What the legend shows for a choice of colours and overlays, at a zoom.
export function legendOf(colour, overlays, zoom) {
  const area = (text, fill, edge = "#55604f") => ({ text, kind: "area", fill, edge });
  const rows = {
    class: [...CLASSES.map(({ text, colour: fill }) => area(text, fill)), area("未写地类", UNKNOWN)],
    protection: [area("永久基本农田", PROTECTED, FARMLAND), area("其他图斑", PLAIN)],
    exam: EXAM.map(({ text, colour: fill }) => area(text, fill)),
  }[colour].map((row) => ({ ...row, from: PARCELS_FROM }));
  const others = {
    farmland: colour === "protection" ? [] : [{ text: "永久基本农田", kind: "hatch", edge: FARMLAND, from: FARMLAND_FROM }],
    approvals: [{ ...area("有效的批准", "#6a3fa047", APPROVED), from: APPROVALS_FROM }, { text: "期外的批准", kind: "dashed", fill: "#7d778929", edge: LAPSED, from: APPROVALS_FROM }],
    outlines: [{ text: "县界", kind: "line", edge: BORDER, width: 3 }, { text: "镇界", kind: "line", edge: BORDER, width: 2, dash: [7, 2, 2, 2] }, { text: "村界", kind: "line", edge: BORDER, width: 1.25, dash: [4, 2], from: VILLAGES_FROM }],
    findings: [["体检提示", "#f0a92a", false], ["体检阻断", "#a3281c", true]].map(([text, fill, isBlock]) => ({ text, kind: "image", image: () => mark(fill, isBlock), from: PARCELS_FROM })),
  };
  return [...rows, ...overlays.flatMap((name) => others[name] || [])].filter(({ from = 0 }) => zoom >= from);
}
