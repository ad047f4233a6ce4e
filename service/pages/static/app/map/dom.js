// Making elements and writing figures. What comes from the book only ever becomes text.

export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((each) => each !== null && each !== undefined && each !== false));
  return made;
}

export const tag = (text, kind = "") => el("span", { className: `tag ${kind}` }, text);
export const NOTHING = "—";

export const figure = (value, places = 2) =>
  value === null || value === undefined
    ? NOTHING
    : Number(value).toLocaleString("zh-CN", { minimumFractionDigits: places, maximumFractionDigits: places });

export const share = (value, places = 1) => `${figure(value * 100, places)}%`;

// A part of a thing is never written as all or nothing of it by rounding.
export function part(value) {
  if (value > 0 && value < 0.0005) return "不到 0.1%";
  if (value < 1 && value > 0.9995) return "99.9% 以上";
  return share(Math.min(value, 1));
}

export function signedShare(value) {
  const text = share(Math.abs(value), 2);
  if (!Number(Math.abs(value * 100).toFixed(2))) return text;
  return `${value > 0 ? "+" : "\u2212"}${text}`;
}

// The book keeps the first day on which something no longer holds; people name the last that it does.
export function dayBefore(day) {
  const moment = new Date(`${day}T00:00:00Z`);
  moment.setUTCDate(moment.getUTCDate() - 1);
  return moment.toISOString().slice(0, 10);
}

export const span = (from, to) => (to ? `${from} 至 ${dayBefore(to)}` : `${from} 起`);

export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export async function read(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { headers: { Accept: "application/json" }, ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "连不上服务器,请检查网络后再试。");
  }
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, answer.status === 401 ? "登录已过期,请重新登录。" : problem.detail || "没有读到,请再试一次。");
}

export const loginLink = () =>
  el("a", { className: "button", href: `/login?next=${encodeURIComponent(location.pathname + location.search)}` }, "重新登录");
