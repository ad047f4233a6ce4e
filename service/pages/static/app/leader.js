// The leader's page: moving the slider shows the week at once, and lines stand beside the figures.
// Without this file the slider is a field of a form with a button, and there are no lines.
"use strict";

const CHANGING = ["said", "earlier", "later", "day", "board"];
const PAUSE_MS = 120;
const form = document.querySelector("[data-slide]");
let lines = [];
let turn = 0;

async function read(url, signal) {
  const answer = await fetch(url, { headers: { Accept: "text/html" }, signal });
  if (answer.redirected) location.reload();
  if (!answer.ok) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// A line is of the whole season; its mark goes with the slider.
function put() {
  for (const line of lines) {
    const point = line.dataset.points.split(",")[form.elements.week.value - 1];
    line.querySelector(".mark").setAttribute("d", point ? `M${point}h0` : "");
    document.querySelector(`[data-trend="${line.dataset.code}"]`)?.replaceChildren(line);
  }
}

async function draw() {
  try {
    const found = await read(`/overview/trends${location.search}`);
    lines = [...found.querySelectorAll("[data-code]")];
    put();
  } catch {
    // The figures stand without their lines.
  }
}

function show(found) {
  for (const id of CHANGING) {
    const fresh = found.getElementById(id);
    if (fresh) document.getElementById(id).replaceChildren(...fresh.childNodes);
  }
  put();
}

async function go(query) {
  turn += 1;
  const mine = turn;
  try {
    const found = await read(`/overview?${query}`);
    if (mine !== turn) return;
    show(found);
    history.replaceState(null, "", `/overview?${query}`);
  } catch {
    if (mine === turn) form.classList.remove("auto"); // the button asks again
  }
}

if (form) {
  const slider = form.elements.week;
  const label = form.querySelector("output");
  let waiting = 0;
  form.classList.add("auto");
  slider.addEventListener("input", () => {
    const week = form.querySelector(`option[value="${slider.value}"]`).label;
    label.textContent = week;
    slider.setAttribute("aria-valuetext", week);
    clearTimeout(waiting);
    waiting = setTimeout(() => go(new URLSearchParams(new FormData(form))), PAUSE_MS);
  });
  draw();
}
