// A patrol's track: kept on the phone point by point, and sent with the form.
"use strict";

const form = document.querySelector("[data-patrol]");
const tracking = document.querySelector("[data-tracking]");
const KEPT = "chungeng-track";
const EVERY_MS = 15000;

if (form && tracking && "geolocation" in navigator && window.isSecureContext) {
  const button = tracking.querySelector("[data-track]");
  const told = tracking.querySelector("[data-tracked]");
  const field = form.elements.track;
  let watching = null;
  let last = 0;

  const count = () => field.value.split("\n").filter(Boolean).length;
  const local = (at) => new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);

  const note = ({ coords, timestamp }) => {
    if (timestamp - last < EVERY_MS) return;
    last = timestamp;
    const at = new Date(timestamp);
    if (!field.value) form.elements.started_at.value = local(at);
    form.elements.ended_at.value = local(at);
    field.value += `${coords.longitude.toFixed(6)},${coords.latitude.toFixed(6)},${at.toISOString()}\n`;
    try { localStorage.setItem(KEPT, field.value); } catch { /* a private window keeps nothing */ }
    told.textContent = `已记 ${count()} 个点`;
  };

  try { field.value = localStorage.getItem(KEPT) || ""; } catch { /* as above */ }
  if (field.value) told.textContent = `手机上还有 ${count()} 个没有提交的点`;
  tracking.hidden = false;
  button.addEventListener("click", () => {
    if (watching === null) {
      const failed = () => { told.textContent = "没有取得位置;请允许定位,或手工填写"; };
      watching = navigator.geolocation.watchPosition(note, failed, { enableHighAccuracy: true });
      button.textContent = "停止记轨迹";
    } else {
      navigator.geolocation.clearWatch(watching);
      watching = null;
      button.textContent = "继续记轨迹";
    }
  });
}

// The server said that the patrol is in the book: only now may the phone forget it.
if (new URLSearchParams(location.search).get("done") === "patrol") {
  try { localStorage.removeItem(KEPT); } catch { /* nothing was kept */ }
}
