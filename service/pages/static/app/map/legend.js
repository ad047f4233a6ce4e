// The legend: drawn from the same colours as the map.

import { hatchSwatch, legendOf } from "./style.js";
import { el } from "./dom.js";

const [WIDTH, HEIGHT, RATIO] = [30, 18, 2];

function edge(pen, { edge: colour, dash = [], width = 1 }) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
}

const PAINT = {
  area(pen, row) {
    pen.fillStyle = row.fill;
    pen.fillRect(0.5, 0.5, WIDTH - 1, HEIGHT - 1);
    edge(pen, row);
    pen.strokeRect(0.5, 0.5, WIDTH - 1, HEIGHT - 1);
  },
  dashed(pen, row) { PAINT.area(pen, { ...row, dash: [4, 3], width: 1.5 }); },
  hatch(pen, row) {
    hatchSwatch(pen, WIDTH, 6, 1.1);
    edge(pen, row);
    pen.strokeRect(0.5, 0.5, WIDTH - 1, HEIGHT - 1);
  },
  line(pen, row) {
    edge(pen, row);
    pen.beginPath();
    pen.moveTo(0, HEIGHT / 2);
    pen.lineTo(WIDTH, HEIGHT / 2);
    pen.stroke();
  },
  image(pen, row) {
    const image = row.image();
    const whole = el("canvas", { width: image.width, height: image.height });
    whole.getContext("2d").putImageData(image, 0, 0);
    pen.drawImage(whole, WIDTH / 2 - 9, 0, 18, 18);
  },
};

function swatch(row) {
  const canvas = el("canvas", { width: WIDTH * RATIO, height: HEIGHT * RATIO, className: "swatch" });
  canvas.setAttribute("aria-hidden", "true");
  const pen = canvas.getContext("2d");
  pen.scale(RATIO, RATIO);
  PAINT[row.kind](pen, row);
  return canvas;
}

export function showLegend(list, colour, overlays, zoom) {
  list.replaceChildren(...legendOf(colour, overlays, zoom).map((row) => el("li", {}, swatch(row), row.text)));
}
