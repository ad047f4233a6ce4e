// The map of verdicts: from afar a point for each parcel, near by its outline; what it is, by a click.

import * as maplibregl from "/static/vendor/maplibre-gl.mjs";

import { el } from "./dom.js";
import { FILL } from "./style.js";
import { mapOf } from "./view.js";

const OUTLINES_FROM = 13;
const COLOURS = {
  confirmed: "#6b0f1a", likely: "#c8322b", suspected: "#ee8a2e", hint: "#f7d95c", excluded: "#7fb58a", unknown: "#98a2a6",
};
const colour = ["match", ["get", "class"], ...Object.entries(COLOURS).flat(), "#ffffff"];
const EMPTY = { type: "FeatureCollection", features: [] };
const LAYERS = ["verdicts-fill", "verdicts-point"];

const place = document.getElementById("risk-map");
const told = document.getElementById("risk-told");
const map = mapOf(JSON.parse(place.dataset.known), { padding: 24 });
let asking = null;

function addLayers() {
  map.setPaintProperty("parcels-fill", "fill-color", FILL.protection);
  for (const id of ["farmland-hatch", "approvals-fill", "approvals-line", "approvals-lapsed"]) {
    map.setLayoutProperty(id, "visibility", "none");
  }
  map.addSource("verdicts", { type: "geojson", data: EMPTY });
  const is = (type) => ["==", ["geometry-type"], type];
  map.addLayer({
    id: "verdicts-fill", type: "fill", source: "verdicts", filter: ["!", is("Point")], paint: { "fill-color": colour, "fill-opacity": 0.75 },
  });
  map.addLayer({
    id: "verdicts-line", type: "line", source: "verdicts", filter: ["!", is("Point")], paint: { "line-color": "#3a1c14", "line-width": 1.4 },
  });
  map.addLayer({
    id: "verdicts-point", type: "circle", source: "verdicts", filter: is("Point"),
    paint: { "circle-color": colour, "circle-radius": 6, "circle-stroke-color": "#3a1c14", "circle-stroke-width": 1.2 },
  });
}

async function read() {
  asking?.abort();
  asking = new AbortController();
  const [[west, south], [east, north]] = map.getBounds().toArray();
  const box = [Math.max(west, -180), Math.max(south, -90), Math.min(east, 180), Math.min(north, 90)];
  const address = new URL(place.dataset.source, location.href);
  address.searchParams.set("bbox", box.map((each) => each.toFixed(6)).join(","));
  address.searchParams.set("has_outlines", map.getZoom() >= OUTLINES_FROM);
  try {
    const answer = await fetch(address, { signal: asking.signal });
    if (!answer.ok) throw new Error(answer.status);
    const found = await answer.json();
    map.getSource("verdicts").setData(found);
    told.textContent = found.is_cut
      ? `这里太多,只画了最重的 ${found.features.length} 处;放大看全部`
      : `画面内 ${found.features.length} 处`;
  } catch (error) {
    if (error.name !== "AbortError") told.textContent = "没有读到研判,请刷新或看旁边的列表";
  }
}

function show({ lngLat, features: [{ properties }] }) {
  const content = el("div", {}, el("strong", {}, properties.claim_text), " ", properties.class_text, el("br"),
    el("a", { href: `/risk/${properties.uid}` }, "看理由和案件"));
  new maplibregl.Popup({ locale: { "Popup.Close": "关闭" } }).setLngLat(lngLat).setDOMContent(content).addTo(map);
}

map.once("load", () => {
  addLayers();
  for (const layer of LAYERS) {
    map.on("click", layer, show);
    map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
  }
  map.on("moveend", read);
  read();
});
