// The form of a visit: the phone's own position, where it has one and its owner agrees.
"use strict";

const place = document.querySelector("[data-place]");

if (place && "geolocation" in navigator && window.isSecureContext) {
  const button = place.querySelector("[data-locate]");
  const told = place.querySelector("[data-located]");
  const fields = place.closest("form").elements;
  place.hidden = false;
  button.addEventListener("click", () => {
    told.textContent = "正在定位…";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        fields.lon.value = coords.longitude.toFixed(6);
        fields.lat.value = coords.latitude.toFixed(6);
        fields.accuracy_m.value = Math.min(coords.accuracy, 9999.9).toFixed(1);
        told.textContent = `已记录,误差约 ${Math.round(coords.accuracy)} 米`;
      },
      () => { told.textContent = "没有取得位置;可以不填"; },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 },
    );
  });
}
