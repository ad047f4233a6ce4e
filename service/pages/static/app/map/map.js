// The map page: the parcel book on a day, its colours and overlays, and one parcel's card.

import { Card } from "./card.js";
import { read } from "./dom.js";
import { findingsAt, popupOf, showImport, showPopup } from "./findings.js";
import { showLegend } from "./legend.js";
import { Notes } from "./notes.js";
import { watchSearch } from "./search.js";
import { FILL, OVERLAYS, PARCELS_FROM, TILED, tilesOf } from "./style.js";
import { mapOf } from "./view.js";

const CLOSE_UP = 16.5;
const MARGIN = 40;
const isNarrow = window.matchMedia("(max-width: 48rem)");
const byId = (id) => document.getElementById(id);

class Atlas {
  constructor(place) {
    this.known = JSON.parse(place.dataset.known);
    this.on = this.known.on;
    this.chosen = null;
    this.notes = new Notes({ retry: () => this.readTiles() });
    this.hasView = location.hash.includes("map="); // before the map writes its own
    this.card = new Card(byId("card"), {
      kinds: this.known.approval_kinds,
      follow: (uid, version) => this.follow(uid, version),
      go: (uid, day) => this.open(uid, { day }),
      onClose: () => { this.choose(null); this.remember({ uid: null }); },
      onShow: () => place.classList.add("has-card"),
    });
    this.place = place;
    this.map = mapOf(this.known, { padding: this.padding() });
    this.watchMap();
    this.watchControls();
    this.showDay();
    this.map.once("load", () => this.begin());
  }

  // What the controls and the card cover is not for looking at.
  padding() {
    const margin = isNarrow.matches ? 16 : MARGIN;
    const made = { top: margin, right: margin, bottom: margin + 24, left: margin };
    const card = byId("card");
    if (isNarrow.matches) {
      made.top += 56;
      if (!card.hidden) made.bottom += card.offsetHeight;
    } else {
      made.left += byId("controls").offsetWidth;
      if (!card.hidden) made.right += card.offsetWidth;
    }
    return made;
  }

  fit(box) {
    const [west, south, east, north] = box;
    this.map.fitBounds([[west, south], [east, north]], { padding: this.padding(), maxZoom: CLOSE_UP, duration: 900 });
  }

  begin() {
    const asked = new URL(location.href).searchParams;
    const { hasView } = this;
    if (asked.get("uid")) this.open(asked.get("uid"), { isFlown: !hasView, isNew: false });
    if (asked.get("import")) {
      showImport(this.map, asked.get("import"), {
        bar: byId("import-bar"),
        fit: (box) => { if (!hasView && !asked.get("uid")) this.fit(box); },
        onClose: () => this.remember({ import: null }),
      });
    }
  }

  // ---- what is in the address: the parcel and the day, beside the view that the map keeps there

  remember(changes, { isStep = false } = {}) {
    const here = new URL(location.href);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) here.searchParams.delete(name);
      else here.searchParams.set(name, value);
    }
    if (here.href !== location.href) history[isStep ? "pushState" : "replaceState"](null, "", here);
  }

  recall() {
    const asked = new URL(location.href).searchParams;
    const uid = asked.get("uid");
    const day = asked.get("on") || this.known.today;
    const isOther = day !== this.on;
    this.turnTo(day);
    if (!uid) this.card.close();
    else if (uid !== this.card.uid) this.open(uid, { isNew: false });
    else if (isOther) this.refresh();
  }

  // ---- the day

  get dayInAddress() { return this.on === this.known.today ? null : this.on; }

  setDay(day) {
    if (!day || day === this.on) return;
    this.turnTo(day);
    this.remember({ on: this.dayInAddress });
    if (this.card.isOpen) this.refresh();
  }

  turnTo(day) {
    if (day === this.on) return;
    this.on = day;
    byId("on").value = day;
    this.readTiles();
    this.showDay();
  }

  // Sources are put in anew: `setTiles` would show the other day's land until tiles come, and wait
  // for ever for tiles that once failed.
  readTiles() {
    this.nReads = (this.nReads || 0) + 1;
    const style = this.map.getStyle();
    for (const source of TILED) style.sources[source].tiles = tilesOf(source, this.on, this.nReads);
    this.map.setStyle(style);
    this.mark(true);
  }

  showDay() {
    const isPast = this.on !== this.known.today;
    const past = byId("past");
    past.hidden = !isPast;
    past.textContent = isPast ? `所看的是 ${this.on} 的账` : "";
    byId("today").disabled = !isPast;
    const survey = this.known.survey_days.find((each) => each <= this.on);
    byId("day-answer").textContent = survey ? `最近一次调查:${survey}` : "";
  }

  async refresh() {
    const { uid } = this.card;
    this.choose(uid);
    await this.card.open(uid, this.on, { takesFocus: false });
  }

  // ---- one parcel

  choose(uid) {
    this.mark(false);
    this.chosen = uid;
    this.mark(true);
    this.place.classList.toggle("has-card", this.card.isOpen);
  }

  mark(chosen) {
    if (this.chosen) this.map.setFeatureState({ source: "parcels", sourceLayer: "parcels", id: this.chosen }, { chosen });
  }

  async open(uid, { day = this.on, isFlown = false, isNew = true } = {}) {
    this.turnTo(day);
    this.choose(uid);
    if (isNew) this.remember({ uid, on: this.dayInAddress }, { isStep: true });
    const card = await this.card.open(uid, this.on);
    if (!card || this.card.uid !== uid) return;
    if (isFlown) this.fit(card.box);
    else this.keepInSight(card);
  }

  // To a parcel that this one came from, or became: as it was in the version that is meant.
  async follow(uid, version) {
    const history = await read(`/api/v1/parcels/${encodeURIComponent(uid)}/history`).catch(() => ({ versions: [] }));
    const meant = history.versions.find((each) => each.id === version);
    const holds = meant && meant.valid_from <= this.on && (!meant.valid_to || meant.valid_to > this.on);
    this.open(uid, { day: meant && !holds ? meant.valid_from : this.on });
  }

  keepInSight({ centre, box }) {
    const { x, y } = this.map.project(centre);
    const { top, right, bottom, left } = this.padding();
    const { clientWidth: width, clientHeight: height } = this.map.getContainer();
    const isSeen = x > left && x < width - right && y > top && y < height - bottom;
    if (this.map.getZoom() < PARCELS_FROM) this.fit(box);
    else if (!isSeen) this.map.easeTo({ center: centre, padding: this.padding(), retainPadding: false, duration: 500 });
  }

  look(point, lngLat) {
    const [parcel] = this.map.queryRenderedFeatures(point, { layers: ["parcels-fill"] });
    const open = parcel ? () => { this.popup?.remove(); this.open(parcel.properties.uid); } : null;
    const found = findingsAt(this.map, point);
    this.popup?.remove();
    if (found.length) this.popup = showPopup(this.map, lngLat, popupOf(found, { open }));
    else if (open) open();
    return found.length > 0 || open !== null;
  }

  lookAtCentre() {
    if (this.map.getZoom() < PARCELS_FROM) { this.goNearer(); return; }
    const centre = this.map.getCenter();
    const isThere = this.look(this.map.project(centre), centre);
    if (!isThere) this.notes.say("中心点没有图斑");
  }

  goNearer() {
    this.map.easeTo({ zoom: PARCELS_FROM + 1, duration: 600 });
  }

  closePopup() {
    this.popup.remove();
    this.map.getCanvas().focus({ preventScroll: true });
  }

  // ---- what happens on the map

  watchMap() {
    const { map } = this;
    map.on("click", (event) => this.look(event.point, event.lngLat));
    for (const layer of ["parcels-fill", "findings-mark"]) {
      map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
      map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
    }
    map.on("zoom", () => this.showDistance());
    map.on("dataloading", () => this.notes.busy(true));
    map.on("movestart", () => this.notes.say(""));
    map.on("idle", () => this.rest());
    map.on("error", ({ error }) => this.notes.trouble(error));
    map.getContainer().addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === map.getCanvas()) this.lookAtCentre();
      if (event.key === "Escape") { if (this.popup?.isOpen()) this.closePopup(); else this.card.close(); }
    });
    this.showDistance();
  }

  showDistance() {
    byId("nearer").hidden = this.map.getZoom() >= PARCELS_FROM;
    if (Math.floor(this.map.getZoom()) !== this.shownZoom) this.showLegend();
  }

  rest() {
    this.notes.busy(false);
    this.card.writeAddress();
    const isNear = this.map.getZoom() >= PARCELS_FROM;
    if (!isNear || this.notes.isTroubled) return;
    if (!this.hasParcels()) this.notes.say("这一天、这一处没有图斑");
  }

  // Asked at a grid of points: to list all parcels in sight would take longer than to draw them.
  hasParcels() {
    const { clientWidth: width, clientHeight: height } = this.map.getContainer();
    const steps = [1, 2, 3, 4, 5, 6].map((n) => n / 7);
    const isThere = (x, y) => this.map.queryRenderedFeatures([x * width, y * height], { layers: ["parcels-fill"] }).length > 0;
    return steps.some((x) => steps.some((y) => isThere(x, y)));
  }

  // ---- controls

  get colour() { return document.querySelector("[name=colour]:checked").value; }

  get overlays() { return [...document.querySelectorAll("[name=overlay]:checked")].map((each) => each.value); }

  showLegend() {
    this.shownZoom = Math.floor(this.map.getZoom());
    showLegend(byId("legend"), this.colour, this.overlays, this.shownZoom);
  }

  showLayers() {
    const { map, colour, overlays } = this;
    map.setPaintProperty("parcels-fill", "fill-color", FILL[colour]);
    map.setPaintProperty("parcels-fill", "fill-opacity", overlays.includes("imagery") ? 0.35 : 0.92);
    for (const id of ["county-fill", "town-fill"]) {
      map.setLayoutProperty(id, "visibility", overlays.includes("imagery") ? "none" : "visible");
    }
    map.setLayoutProperty("farmland-solid", "visibility", colour === "protection" ? "visible" : "none");
    for (const [name, layers] of Object.entries(OVERLAYS)) {
      for (const layer of layers.filter((id) => map.getLayer(id))) {
        const isHatched = layer === "farmland-hatch" && colour === "protection";
        map.setLayoutProperty(layer, "visibility", overlays.includes(name) && !isHatched ? "visible" : "none");
      }
    }
    this.showLegend();
  }

  watchControls() {
    for (const field of document.querySelectorAll("[name=colour], [name=overlay]")) {
      field.addEventListener("change", () => this.showLayers());
    }
    byId("on").addEventListener("change", (event) => { if (event.target.checkValidity()) this.setDay(event.target.value); });
    byId("today").addEventListener("click", () => this.setDay(this.known.today));
    byId("centre").addEventListener("click", () => this.lookAtCentre());
    byId("go-nearer").addEventListener("click", () => this.goNearer());
    byId("fold").addEventListener("click", () => this.fold());
    window.addEventListener("popstate", () => this.recall());
    window.addEventListener("beforeprint", () => this.print());
    byId("area-name").textContent = this.known.area;
    watchSearch(this.known.places, {
      arrive: (found) => {
        if (isNarrow.matches) this.fold(false);
        this.fit(found.box);
      },
    });
  }

  fold(isOpen = byId("fold").getAttribute("aria-expanded") !== "true") {
    byId("fold").setAttribute("aria-expanded", String(isOpen));
  }

  // What WebGL drew is gone by the time that a page is printed: a copy is taken while it is there.
  print() {
    const copy = byId("on-paper");
    const drawn = this.map.getCanvas();
    [copy.width, copy.height] = [drawn.width, drawn.height];
    this.map.redraw();
    copy.getContext("2d").drawImage(drawn, 0, 0);
  }
}

const place = byId("atlas");
try {
  place.atlas = new Atlas(place);
} catch (error) {
  console.warn(error);
  const trouble = byId("trouble");
  trouble.textContent = "这个浏览器画不出地图(没有 WebGL);请换用较新的 Chrome、Edge 或 Firefox。";
  trouble.hidden = false;
}
