// Where a tip is: the phone's own position, a place on the map, or figures typed by hand.

const form = document.querySelector("form.tip");
const { lon, lat, accuracy_m: accuracy, datum, area_code: unit } = form.elements;
const told = form.querySelector("[data-located]");
const here = form.querySelector("[data-place]");
const opener = form.querySelector("[data-open-map]");

function set(place, metres, said) {
  lon.value = place.lon.toFixed(6);
  lat.value = place.lat.toFixed(6);
  accuracy.value = Math.min(metres, 9999.9).toFixed(1);
  datum.value = "wgs84";
  told.textContent = said;
}

// Figures that somebody typed have no accuracy that we know of.
for (const each of [lon, lat, datum]) {
  each.addEventListener("input", () => {
    accuracy.value = "";
    told.textContent = lon.value && lat.value ? "按填写的经纬度" : "";
  });
}

if ("geolocation" in navigator && window.isSecureContext) {
  here.hidden = false;
  here.querySelector("[data-locate]").addEventListener("click", () => {
    told.textContent = "正在定位…";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => set({ lon: coords.longitude, lat: coords.latitude }, coords.accuracy, `已记录,误差约 ${Math.round(coords.accuracy)} 米`),
      () => { told.textContent = "没有取得位置;可以在地图上标,或只选村"; },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 },
    );
  });
}

function typed() {
  const place = { lon: Number(lon.value), lat: Number(lat.value) };
  return lon.value && lat.value && Number.isFinite(place.lon) && Number.isFinite(place.lat) && datum.value === "wgs84" ? place : null;
}

function styled(address) {
  return new Promise((done, failed) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href: address, onload: done, onerror: failed });
    document.head.append(link);
  });
}

if (opener) {
  const room = document.getElementById(opener.getAttribute("aria-controls"));
  let map = null;

  const open = async () => {
    const [{ picker }, outlines] = await Promise.all([
      import("./map/pick.js"),
      fetch(room.dataset.source).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status))),
      styled(room.dataset.style),
    ]);
    map = picker(room, outlines, { at: typed(), onPick: set });
    map.lookAt(unit.value);
  };

  opener.hidden = false;
  opener.addEventListener("click", async () => {
    room.hidden = !room.hidden;
    opener.setAttribute("aria-expanded", String(!room.hidden));
    if (room.hidden || map) return;
    told.textContent = "正在读取地图…";
    try {
      await open();
      told.textContent = "点一下出事的地方,或移动地图再按“标在十字处”";
    } catch {
      room.hidden = true;
      opener.setAttribute("aria-expanded", "false");
      told.textContent = "地图没有读到;可以再试一次,或只选村、填经纬度";
    }
  });
  unit.addEventListener("change", () => map?.lookAt(unit.value));
}
