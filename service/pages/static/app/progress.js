// The progress page: villages open inside the table; the season's curve is drawn.
"use strict";

async function open(button) {
  const row = document.getElementById(button.getAttribute("aria-controls"));
  const isOpen = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!isOpen));
  row.hidden = isOpen;
  if (isOpen || row.dataset.filled) return;
  const place = row.firstElementChild;
  place.textContent = "正在读取…";
  try {
    const answer = await fetch(button.dataset.open, { headers: { Accept: "text/html" } });
    if (answer.redirected) { location.reload(); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const read = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...read.body.childNodes);
    row.dataset.filled = "yes";
  } catch {
    place.textContent = "没有读到,请再点一次;仍不行请刷新页面。";
  }
}

for (const button of document.querySelectorAll("[data-open]")) {
  button.addEventListener("click", () => open(button));
}

const MU_PER_WAN = 10000;
const inWan = (mu) => (mu === null ? null : Number((mu / MU_PER_WAN).toFixed(4)));
const monthDay = (day) => (day ? `${Number(day.slice(5, 7))}月${Number(day.slice(8))}日` : "—");
const shown = (wan) =>
  wan === null ? "—" : wan.toLocaleString("zh-CN", { minimumFractionDigits: 3, maximumFractionDigits: 3 });

function options(curve, year) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const plan = inWan(curve.plan_mu);
  const hasLastYear = curve.points.some((point) => point.last_year_mu !== null);
  const line = (name, data, extra) => ({ name, type: "line", data, symbolSize: 6, ...extra });
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    // Tooltips of HTML would carry inline styles, which the page's policy refuses.
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      valueFormatter: (value) => (value === null || value === undefined ? "—" : `${shown(value)} 万亩`),
    },
    legend: { top: 0, left: 0, itemWidth: 22, textStyle: { color: colour("--ink") } },
    grid: { left: 8, right: 16, top: 40, bottom: 4, containLabel: true },
    xAxis: {
      type: "category",
      boundaryGap: false,
      data: curve.points.map((point) => monthDay(point.week)),
      axisLabel: { color: colour("--faint"), hideOverlap: true },
      axisLine: { lineStyle: { color: colour("--rule") } },
    },
    yAxis: {
      type: "value",
      min: 0,
      max: plan ? (scale) => Math.max(scale.max, plan) * 1.05 : undefined,
      axisLabel: { color: colour("--faint"), formatter: (value) => String(Number(value.toFixed(3))), showMaxLabel: !plan },
      splitLine: { lineStyle: { color: colour("--hair") } },
    },
    series: [
      ...(hasLastYear ? [line(`${year - 1}年`, curve.points.map((point) => inWan(point.last_year_mu)), {
        color: colour("--last-year"),
        lineStyle: { width: 2, type: "dashed" },
        symbol: "emptyCircle",
      })] : []),
      line(`${year}年`, curve.points.map((point) => inWan(point.sown_mu)), {
        color: colour("--accent"),
        lineStyle: { width: 3 },
        symbol: "circle",
        markLine: plan
          ? {
              silent: true,
              symbol: "none",
              data: [{ yAxis: plan }],
              label: { formatter: `计划 ${shown(plan)}`, position: "insideEndTop", color: colour("--faint") },
              lineStyle: { color: colour("--goal"), type: "dotted" },
            }
          : undefined,
      }),
    ],
  };
}

function fillTable(curve) {
  const body = document.querySelector("#curve-table tbody");
  for (const point of curve.points) {
    const row = body.insertRow();
    const cells = [
      monthDay(point.week),
      shown(inWan(point.sown_mu)),
      point.last_year_mu === null ? "—" : `${shown(inWan(point.last_year_mu))}(${monthDay(point.last_year_week)})`,
    ];
    cells.forEach((text, position) => {
      const cell = row.insertCell();
      cell.textContent = text;
      if (position) cell.className = "n";
    });
  }
}

async function draw(place) {
  const answer = await fetch(place.dataset.url);
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    place.textContent = problem.detail || "曲线没有读到,请刷新页面。";
    return;
  }
  const curve = await answer.json();
  fillTable(curve);
  if (!curve.points.some((point) => point.sown_mu !== null || point.last_year_mu !== null)) {
    place.textContent = "还没有已接收的数字,画不出曲线。";
    place.classList.add("empty");
    return;
  }
  place.textContent = "";
  const chart = echarts.init(place);
  chart.setOption(options(curve, Number(place.dataset.year)));
  new ResizeObserver(() => chart.resize()).observe(place);
  window.addEventListener("beforeprint", () => chart.resize());
}

// On paper nobody can open a list.
for (const [when, isOpen] of [["beforeprint", true], ["afterprint", false]]) {
  window.addEventListener(when, () => {
    for (const list of document.querySelectorAll(".late details")) list.open = isOpen;
  });
}

const place = document.getElementById("curve");
if (place) draw(place).catch(() => { place.textContent = "曲线没有读到,请刷新页面。"; });
