// The page in the field: where the phone is, which way it looks, and when a photo was taken.
"use strict";

const RAISED = 0.5;
const radians = (degrees) => ((degrees ?? 0) * Math.PI) / 180;
let heading = null;

// Held up, a phone looks where its camera looks, however it is turned about that. Lying flat, it is
// pointed with the upper edge of what is shown, which is another edge when it is held crosswise.
function bearingOf({ alpha, beta, gamma }, turned) {
  const [a, b, c] = [alpha, beta, gamma].map(radians);
  const east = -Math.cos(a) * Math.sin(c) - Math.sin(a) * Math.sin(b) * Math.cos(c);
  const north = -Math.sin(a) * Math.sin(c) + Math.cos(a) * Math.sin(b) * Math.cos(c);
  return Math.hypot(east, north) > RAISED ? (Math.atan2(east, north) * 180) / Math.PI : turned - alpha;
}

function turn(event) {
  const turned = screen.orientation?.angle ?? 0;
  let found = null;
  if (typeof event.webkitCompassHeading === "number") found = event.webkitCompassHeading + turned;
  else if (event.absolute && event.alpha !== null) found = bearingOf(event, turned);
  if (found !== null) heading = ((found % 360) + 360) % 360;
}

async function listen() {
  // Some phones give their compass only to a click, and only to who agreed.
  const ask = window.DeviceOrientationEvent?.requestPermission;
  if (ask && (await ask.call(DeviceOrientationEvent).catch(() => "denied")) !== "granted") return;
  window.addEventListener("deviceorientationabsolute", turn);
  window.addEventListener("deviceorientation", turn);
}

function locate(form, told) {
  const fields = form.elements;
  told.textContent = "正在定位…";
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      fields.lon.value = coords.longitude.toFixed(6);
      fields.lat.value = coords.latitude.toFixed(6);
      fields.accuracy_m.value = Math.min(coords.accuracy, 9999.9).toFixed(1);
      const hasHeading = fields.bearing_deg && heading !== null;
      if (hasHeading) fields.bearing_deg.value = Math.round(heading) % 360;
      told.textContent = `已记录,误差约 ${Math.round(coords.accuracy)} 米${hasHeading ? `,朝向 ${Math.round(heading) % 360} 度` : ""}`;
    },
    () => { told.textContent = "没有取得位置;可以手工填"; },
    { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 },
  );
}

for (const form of document.querySelectorAll("form[data-field]")) {
  const place = form.querySelector("[data-locating]");
  if ("geolocation" in navigator && window.isSecureContext) {
    place.hidden = false;
    place.querySelector("[data-locate]").addEventListener("click", () => {
      listen();
      locate(form, place.querySelector("[data-located]"));
    });
  }
  form.elements.file?.addEventListener("change", (event) => {
    const [file] = event.target.files;
    form.elements.device_time.value = file ? new Date(Math.min(file.lastModified, Date.now())).toISOString() : "";
  });
}
