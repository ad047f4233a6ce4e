// A map to mark one place on: outlines and names of towns and villages, nothing else of the land.
// It asks no other host: a basemap's server would learn who is about to tell of what.

import * as maplibregl from "/static/vendor/maplibre-gl.mjs";

const FONTS = '"Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif';
const LOCALE = {
  "Map.Title": "地图;方向键移动,加减号缩放,再按“标在十字处”",
  "Marker.Title": "所标的位置",
  "NavigationControl.ZoomIn": "放大",
  "NavigationControl.ZoomOut": "缩小",
  "ScaleControl.Meters": "米",
  "ScaleControl.Kilometers": "公里",
};
const FINGER_PX = 24;
const LEAST_M = 30;
const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const is = (level) => ["==", ["get", "level"], level];

const line = (level, paint) => ({ id: `${level}-line`, type: "line", source: "outlines", filter: is(level), paint: { "line-color": "#6b4a3a", ...paint } });
const name = (level, minzoom, size) => ({
  id: `${level}-name`, type: "symbol", source: "names", filter: is(level), minzoom,
  layout: { "text-field": ["get", "name"], "text-font": ["Sans Regular"], "text-size": size, "text-max-width": 8, "text-padding": 4 },
  paint: { "text-color": "#26312a", "text-halo-color": "#fbfaf6e6", "text-halo-width": 1.6 },
});

function styleOf(outlines) {
  const names = outlines.features.map(({ properties }) => ({
    type: "Feature", properties, geometry: { type: "Point", coordinates: properties.point },
  }));
  return {
    version: 8,
    sources: {
      outlines: { type: "geojson", data: outlines },
      names: { type: "geojson", data: { type: "FeatureCollection", features: names } },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#e6e8e1" } },
      { id: "land", type: "fill", source: "outlines", paint: { "fill-color": "#fbfaf6" } },
      line("village", { "line-width": 0.8, "line-dasharray": [4, 2] }),
      line("town", { "line-width": 1.6 }),
      line("county", { "line-width": 2.6 }),
      name("village", 11.3, 13),
      name("town", 7, 14),
    ],
  };
}

function whole(outlines) {
  const box = new maplibregl.LngLatBounds();
  for (const { properties: { box: [west, south, east, north] } } of outlines.features) box.extend([[west, south], [east, north]]);
  return box;
}

// A finger is as wide as so many metres, however well it aims.
function metresOf(map, place) {
  const { x, y } = map.project(place);
  return Math.max(map.unproject([x, y]).distanceTo(map.unproject([x + FINGER_PX, y])), LEAST_M);
}

function nameAt(map, place) {
  const found = map.queryRenderedFeatures(map.project(place), { layers: ["land"] }).map(({ properties }) => properties);
  const [nearest] = found.sort((one, other) => other.code.length - one.code.length);
  if (!nearest) return null;
  return nearest.town ? `${nearest.town} ${nearest.name}` : nearest.name;
}

export function picker(room, outlines, { at, onPick }) {
  const map = new maplibregl.Map({
    container: room.querySelector("[data-map]"), style: styleOf(outlines), bounds: whole(outlines), fitBoundsOptions: { padding: 12 },
    minZoom: 6, maxZoom: 18, maxPitch: 0, dragRotate: false, pitchWithRotate: false, touchPitch: false, renderWorldCopies: false,
    attributionControl: false, localIdeographFontFamily: FONTS, locale: LOCALE, fadeDuration: isCalm ? 0 : 200,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.ScaleControl({ maxWidth: 120 }), "bottom-right");
  const marker = new maplibregl.Marker({ color: "#c8322b", draggable: true });

  const mark = (place) => {
    marker.setLngLat(place).addTo(map);
    const metres = metresOf(map, place);
    const where = nameAt(map, place);
    const said = where ? `已标在 ${where},误差约 ${Math.round(metres)} 米;放大再标更准` : "这里不在本区的界线内,请重新标";
    onPick({ lon: place.lng, lat: place.lat }, metres, said);
  };

  map.on("click", ({ lngLat }) => mark(lngLat));
  marker.on("dragend", () => mark(marker.getLngLat()));
  room.querySelector("[data-mark]").addEventListener("click", () => mark(map.getCenter()));
  if (at) {
    marker.setLngLat([at.lon, at.lat]).addTo(map);
    map.jumpTo({ center: [at.lon, at.lat], zoom: 14 });
  }
  map.on("movestart", () => room.removeAttribute("data-ready"));
  map.on("idle", () => room.setAttribute("data-ready", ""));

  return {
    lookAt(code) {
      const found = outlines.features.find(({ properties }) => properties.code === code);
      if (!found) return;
      const [west, south, east, north] = found.properties.box;
      map.fitBounds([[west, south], [east, north]], { padding: 24, animate: !isCalm });
    },
  };
}
