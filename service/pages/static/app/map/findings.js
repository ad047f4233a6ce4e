// What an import's exam found, over the map: places with their reasons.

import * as maplibregl from "/static/vendor/maplibre-gl.mjs";

import { el, loginLink, read, tag } from "./dom.js";

const SOURCE = "import-findings";
const LAYERS = ["import-fill", "import-line", "import-point"];
const COLOUR = ["match", ["get", "severity"], "block", "#a3281c", "#c97f0a"];
const SEVERITY = { block: ["阻断", "bad"], warn: ["提示", "warn"] };
const MANY = 8;

export function popupOf(features, { open }) {
  const shown = features.slice(0, MANY);
  const box = el("div", { className: "found", tabIndex: -1 }, shown.map(({ properties: said }) => {
    const [text, kind] = SEVERITY[said.severity] || [said.severity, ""];
    const row = said.source_row ? `第 ${said.source_row} 行${said.survey_code ? `,标识码 ${said.survey_code}` : ""}` : null;
    return el("section", {},
      el("p", {}, tag(text, kind), " ", el("strong", {}, said.rule_name || said.rule)),
      el("p", {}, said.message),
      row ? el("p", { className: "note" }, row) : null);
  }));
  if (features.length > MANY) box.append(el("p", { className: "note" }, `还有 ${features.length - MANY} 处,放大后可分开看。`));
  if (open) box.append(el("p", {}, el("button", { type: "button", onclick: open }, "查看图斑")));
  return box;
}

export function showPopup(map, place, content) {
  const popup = new maplibregl.Popup({ maxWidth: "22rem", className: "finding-popup", focusAfterOpen: false });
  popup.setLngLat(place).setDOMContent(content).addTo(map);
  content.focus({ preventScroll: true });
  return popup;
}

function add(map, data) {
  map.addSource(SOURCE, { type: "geojson", data });
  const layer = (id, type, rest) => map.addLayer({ id, type, source: SOURCE, ...rest });
  layer("import-fill", "fill", { filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": COLOUR, "fill-opacity": 0.2 } });
  layer("import-line", "line", { filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": COLOUR, "line-width": 2 } });
  layer("import-point", "circle", {
    // Small places cannot be seen as what they are; each has a dot on it as well.
    paint: {
      "circle-color": COLOUR, "circle-radius": ["match", ["get", "severity"], "block", 6, 5],
      "circle-stroke-color": "#fff", "circle-stroke-width": 1.5,
    },
    filter: ["==", ["geometry-type"], "Point"],
  });
}

// A dot for each place that is not one already.
function dotted({ features }) {
  const placed = features.filter((each) => each.geometry);
  const dots = placed
    .filter(({ geometry, properties }) => geometry.type !== "Point" && Number.isFinite(properties.lon))
    .map(({ properties }) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: [properties.lon, properties.lat] } }));
  return { type: "FeatureCollection", features: [...placed, ...dots] };
}

function boxOf(report, features) {
  const given = report.box || report.bbox;
  if (given) return given;
  const points = features.map(({ properties }) => [properties.lon, properties.lat]).filter(([lon]) => Number.isFinite(lon));
  if (!points.length) return null;
  const [lons, lats] = [points.map(([lon]) => lon), points.map(([, lat]) => lat)];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

function describe(bar, found, n, shown, close) {
  bar.replaceChildren(
    el("p", {}, el("strong", {}, found.filename), n ? ` 的体检问题 ${shown === n ? "" : `${n} 处,图上 `}${shown} 处` : " 的体检没有问题"),
    el("p", { className: "note" }, "点图上的标记看说明。"),
    el("p", { className: "actions" }, el("a", { className: "button", href: `/land/${found.id}` }, "回到这次导入"), el("button", { type: "button", onclick: close }, "不再显示")));
  bar.hidden = false;
}

export async function showImport(map, id, { bar, fit, onClose }) {
  const where = `/api/v1/parcels/imports/${encodeURIComponent(id)}`;
  const close = () => {
    bar.hidden = true;
    for (const layer of LAYERS) if (map.getLayer(layer)) map.removeLayer(layer);
    if (map.getSource(SOURCE)) map.removeSource(SOURCE);
    onClose();
  };
  try {
    const [found, collection] = await Promise.all([read(where), read(`${where}/findings.geojson`)]);
    const data = dotted(collection);
    add(map, data);
    const placed = collection.features.filter((each) => each.geometry).length;
    describe(bar, found, collection.features.length, placed, close);
    const box = boxOf(found.report, collection.features);
    if (box) fit(box);
  } catch (error) {
    bar.replaceChildren(el("p", { className: "message bad" }, error.message), error.status === 401 ? loginLink() : el("button", { type: "button", onclick: close }, "关闭"));
    bar.hidden = false;
  }
}

// The findings under a point of the screen, each once.
export function findingsAt(map, point) {
  const layers = [...LAYERS, "findings-mark"].filter((id) => map.getLayer(id));
  const around = [[point.x - 4, point.y - 4], [point.x + 4, point.y + 4]];
  const seen = new Map();
  for (const feature of map.queryRenderedFeatures(around, { layers })) {
    const { properties: said } = feature;
    seen.set(`${said.rule}|${said.message}|${said.source_row}`, feature);
  }
  return [...seen.values()].sort((one, other) => (one.properties.severity < other.properties.severity ? -1 : 1));
}
