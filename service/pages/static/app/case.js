// The page in the field: where the phone is, which way it looks, and when a photo was taken.
"use strict";

let heading = null;

function turn(event) {
  if (typeof event.webkitCompassHeading === "number") heading = event.webkitCompassHeading;
  else if (event.absolute && event.alpha !== null) heading = (360 - event.alpha) % 360;
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
      if (hasHeading) fields.bearing_deg.value = heading.toFixed(0);
      told.textContent = `已记录,误差约 ${Math.round(coords.accuracy)} 米${hasHeading ? `,朝向 ${Math.round(heading)} 度` : ""}`;
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
