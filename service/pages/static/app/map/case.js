// The small map of a case: its land, its evidence under the numbers of the list, and where photos look.

import * as maplibregl from "/static/vendor/maplibre-gl.mjs";

import { el } from "./dom.js";
import { FILL } from "./style.js";
import { mapOf } from "./view.js";

const LAND = "#d0006f";
const VIEW = "#1a73c7";

const place = document.getElementById("case-map");
const map = mapOf(JSON.parse(place.dataset.known), { padding: 32 });
// The page scrolls on; two fingers, or Ctrl, or the keys move the map.
map.cooperativeGestures.enable();

const is = (kind) => ["==", ["get", "kind"], kind];

function addLayers() {
  map.setPaintProperty("parcels-fill", "fill-color", FILL.protection);
  map.addSource("case", { type: "geojson", data: JSON.parse(place.dataset.features) });
  map.addLayer({
    id: "case-view", type: "fill", source: "case", filter: is("view"), paint: { "fill-color": VIEW, "fill-opacity": 0.16 },
  });
  map.addLayer({
    id: "case-ray", type: "line", source: "case", filter: is("ray"), paint: { "line-color": VIEW, "line-width": 1.5, "line-dasharray": [3, 2] },
  });
  map.addLayer({
    id: "case-land", type: "line", source: "case", filter: is("land"), paint: { "line-color": LAND, "line-width": 3.5 },
  });
}

// Each leads to its line of the table, which says the same in words.
function addPin({ number, what, lon, lat, is_qualified: isGood }) {
  const said = `证据 ${number} ${what} ${isGood ? "合格" : "不合格"}`;
  const pin = el("a", { className: `pin ${isGood ? "good" : "bad"}`, href: `#mark-${number}`, title: said, "aria-label": said }, String(number));
  pin.addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById(`mark-${number}`).focus();
  });
  new maplibregl.Marker({ element: pin }).setLngLat([lon, lat]).addTo(map);
}

for (const pin of JSON.parse(place.dataset.pins)) addPin(pin);
map.once("load", addLayers);
