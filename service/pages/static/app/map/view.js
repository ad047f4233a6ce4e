// Making the map itself: flat, north up, its words in Chinese, its letters from the reader's machine.

import * as maplibregl from "/static/vendor/maplibre-gl.mjs";

import { addImages, styleOf } from "./style.js";

const LOCALE = {
  "Map.Title": "地图;方向键移动,加减号缩放,回车查看中心点图斑",
  "NavigationControl.ZoomIn": "放大",
  "NavigationControl.ZoomOut": "缩小",
  "Popup.Close": "关闭",
  "CooperativeGesturesHandler.WindowsHelpText": "按住 Ctrl 滚动来缩放",
  "CooperativeGesturesHandler.MacHelpText": "按住 ⌘ 滚动来缩放",
  "CooperativeGesturesHandler.MobileHelpText": "用两指移动地图",
  "ScaleControl.Meters": "米",
  "ScaleControl.Kilometers": "公里",
  "AttributionControl.ToggleAttribution": "数据来源",
  "AttributionControl.MapFeedback": "反馈",
};
const FONTS = '"Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif';
const CHINA = [73, 18, 135, 54];
const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)");

export function mapOf(known, { padding }) {
  const map = new maplibregl.Map({
    container: "canvas",
    style: styleOf(known),
    bounds: known.box || CHINA,
    fitBoundsOptions: { padding },
    hash: "map",
    minZoom: 4,
    maxZoom: 20,
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    renderWorldCopies: false,
    attributionControl: false,
    localIdeographFontFamily: FONTS,
    locale: LOCALE,
    fadeDuration: isCalm.matches ? 0 : 200,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new maplibregl.ScaleControl({ maxWidth: 120 }), "bottom-right");
  if (known.tianditu_key) map.addControl(new maplibregl.AttributionControl({ compact: false }), "bottom-right");
  addImages(map);
  return map;
}
