// One parcel's card: what it is, how large, what protects it, what was approved, what became of it.

import { NOTHING, Refused, el, figure, loginLink, part, read, signedShare, span, tag } from "./dom.js";

const AREA_WARN = 0.01;
const EXAM = { ok: ["体检合格", "good"], warn: ["体检有提示", "warn"], block: ["体检有阻断", "bad"] };
const FROM = { split: "分割", merge: "合并", adjust: "边界调整" };
const INTO = { split: "分割为", merge: "合并成", adjust: "边界调整,划入" };
const SEVERITY = { block: ["阻断", "bad"], warn: ["提示", "warn"] };
const OWNERSHIP = { 1: "国有", 2: "集体" };

const section = (title, ...children) => el("section", {}, el("h3", {}, title), ...children);
const line = (term, ...said) => [el("dt", {}, term), el("dd", {}, ...said)];
const isIn = ({ valid_from: from, valid_to: to }, day) => from <= day && (!to || to > day);

function areas({ parcel, declared_mu: declared, net_mu: net, ellipsoidal_mu: ellipsoidal, area_difference_share: difference }) {
  const row = (name, m2, mu, hint) => el("tr", {},
    el("th", { scope: "row" }, name, hint ? el("small", {}, hint) : null),
    el("td", { className: "n" }, figure(m2)), el("td", { className: "n" }, figure(mu)));
  const isFar = difference !== null && Math.abs(difference) > AREA_WARN;
  const deducted = Number(parcel.deducted_area_m2 || 0);
  return section("面积",
    el("table", { className: "figures areas" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, ""), el("th", { scope: "col", className: "n" }, "平方米"), el("th", { scope: "col", className: "n" }, "亩"))),
      el("tbody", {},
        row("图斑面积", parcel.declared_area_m2, declared, "申报"),
        row("地类面积", parcel.net_area_m2, net, deducted ? `申报,已扣除 ${figure(deducted)} m²` : "申报"),
        row("椭球面积", parcel.ellipsoidal_area_m2, ellipsoidal, "按图形计算"))),
    difference === null
      ? el("p", { className: "note" }, "没有申报面积,无法与图形比较。")
      : el("p", { className: isFar ? "message warn" : "note" }, "图斑面积比椭球面积 ", el("strong", {}, signedShare(difference)), isFar ? ",超过 1%,请核对图形或申报数。" : ""));
}

function farmland({ farmland: pieces, farmland_area_m2: area, farmland_share: inside }) {
  const edges = pieces.filter((each) => each.is_edge_only);
  const real = pieces.length - edges.length;
  const edge = edges.length ? el("p", { className: "note" }, `与 ${edges.length} 块永久基本农田仅边缘相接(合计 ${figure(edges.reduce((sum, each) => sum + each.area_m2, 0))} m²),不计入。`) : null;
  if (!real) return section("永久基本农田", el("p", {}, tag(edges.length ? "仅边缘相接" : "不在其中", "")), edge);
  return section("永久基本农田",
    el("p", {}, tag(inside > 0.9995 ? "全部在内" : "部分在内", "good"), ` 占 ${part(inside)},${figure(area)} m²`),
    edge);
}

function standing(approval, on) {
  if (approval.is_in_force) return tag("在有效期", "good");
  return approval.valid_from > on ? tag("尚未生效", "warn") : tag("已失效", "bad");
}

function approvals({ approvals: found }, { on, kinds }) {
  if (!found.length) return section("批准用地", el("p", { className: "note" }, "没有登记的批准。"));
  return section("批准用地", el("ul", { className: "rows" }, found.map((each) => el("li", {},
    el("p", {}, el("strong", {}, kinds[each.kind] || each.kind), " ", standing(each, on)),
    el("p", {}, each.document_no, each.issued_by ? `(${each.issued_by})` : ""),
    el("p", { className: "note" }, `${span(each.valid_from, each.valid_to)};覆盖 ${part(each.covered_share)},${figure(each.covered_m2)} m²`),
    each.note ? el("p", { className: "note" }, each.note) : null))));
}

function exam({ findings }) {
  if (!findings.length) return section("体检", el("p", { className: "note" }, "没有问题。"));
  return section("体检", el("ul", { className: "rows" }, findings.map((each) => {
    const [text, kind] = SEVERITY[each.severity] || [each.severity, ""];
    return el("li", {}, el("p", {}, tag(text, kind), " ", el("strong", {}, each.rule_name)), el("p", { className: "note" }, each.message));
  })));
}

function versions({ history }, { on, go }) {
  return el("ol", { className: "rows versions" }, [...history.versions].reverse().map((each) => {
    const isShown = isIn(each, on);
    const name = span(each.valid_from, each.valid_to);
    return el("li", isShown ? { "aria-current": "true" } : {},
      el("p", {}, isShown ? el("strong", {}, name) : el("button", { type: "button", className: "link", onclick: () => go(history.uid, each.valid_from) }, name), isShown ? tag("所看的一版", "plain") : null),
      el("p", { className: "note" }, `地类 ${each.land_class || NOTHING},椭球面积 ${figure(each.ellipsoidal_area_m2)} m²`, el("br"), each.filename ? `来源 ${each.filename}` : "没有来源文件"));
  }));
}

function lineage({ history }, { follow }) {
  const others = history.lineage.filter((each) => each.before !== each.after);
  if (!others.length) return null;
  return el("ul", { className: "rows lineage" }, others.map((each) => {
    const isFrom = each.after === history.uid;
    const [other, id] = isFrom ? [each.before, each.before_id] : [each.after, each.after_id];
    const link = el("button", { type: "button", className: "link", onclick: () => follow(other, id) }, `图斑 ${other.slice(0, 8)}`);
    const sentence = isFrom ? ["由 ", link, ` ${FROM[each.op] || each.op}而来`] : [`${INTO[each.op] || each.op} `, link];
    const said = isFrom
      ? `承接 ${figure(each.area_m2)} m²,占本图斑 ${part(each.share_of_after)}`
      : `转出 ${figure(each.area_m2)} m²,占本图斑 ${part(each.share_of_before)}`;
    return el("li", {}, el("p", {}, sentence), el("p", { className: "note" }, said));
  }));
}

function details({ parcel }) {
  const rows = [
    ["标识码", parcel.survey_code], ["图斑编号", parcel.parcel_number],
    ["坐落", [parcel.location_name, parcel.location_code].filter(Boolean).join(" ")],
    ["权属性质", parcel.ownership && (OWNERSHIP[parcel.ownership[0]] ? `${OWNERSHIP[parcel.ownership[0]]} ${parcel.ownership}` : parcel.ownership)],
    ["权属单位代码", parcel.owner_code], ["耕地坡度级别", parcel.slope_grade], ["耕地类型", parcel.terrain],
    ["扣除地类", parcel.deduction_class && `${parcel.deduction_class}${parcel.deduction_ratio ? `,系数 ${parcel.deduction_ratio}` : ""}`],
    ["城镇村属性", parcel.settlement_attribute], ["飞入地", parcel.is_enclave ? "是" : null],
    ["数据年份", parcel.source_year], ["备注", parcel.remark],
  ].filter(([, value]) => value);
  return el("details", {}, el("summary", {}, "其他登记内容"), el("dl", { className: "facts" }, rows.flatMap(([term, value]) => line(term, String(value)))));
}

function permalink() {
  const said = el("span", { className: "note", role: "status" });
  const field = el("input", { id: "permalink", readOnly: true, value: location.href, "aria-label": "此图斑的链接", onfocus: () => { field.value = location.href; field.select(); } });
  const copy = async () => {
    field.value = location.href;
    try {
      await navigator.clipboard.writeText(field.value);
      said.textContent = "已复制";
    } catch {
      // Pages over plain HTTP may not write the clipboard.
      field.select();
      said.textContent = "请按 Ctrl+C 复制";
    }
  };
  return el("div", { className: "permalink" }, el("span", { className: "note" }, "链接"), field, el("button", { type: "button", onclick: copy }, "复制"), said);
}

function headOf(card) {
  const { parcel } = card;
  const [text, kind] = EXAM[parcel.exam] || [parcel.exam, ""];
  const isApart = parcel.village_share !== null && parcel.village_share < 0.995;
  return [
    el("p", { className: "whereabouts" }, [card.village_name, card.town_name].filter((each, n, all) => each && all.indexOf(each) === n).join(" · ") || parcel.location_name || "还没有对上村"),
    isApart ? el("p", { className: "note" }, `跨村界,${part(parcel.village_share)} 在本村`) : null,
    el("p", { className: "tags" }, tag(text, kind), parcel.is_repaired ? tag("图形经修复入账", "plain") : null),
    el("dl", { className: "facts" }, ...line("图斑编号", parcel.parcel_number || NOTHING), ...line("标识码", parcel.survey_code || NOTHING),
      ...line("种植属性", card.planting_attribute_name ? `${card.planting_attribute_name} ${parcel.planting_attribute}` : parcel.planting_attribute || NOTHING)),
  ];
}

export class Card {
  constructor(place, { kinds, follow, go, onClose, onShow }) {
    Object.assign(this, { place, kinds, follow, go, onClose, onShow });
    this.title = place.querySelector("#card-title");
    this.body = place.querySelector("#card-body");
    place.querySelector("#card-close").addEventListener("click", () => this.close());
    place.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.stopPropagation(); this.close(); }
    });
  }

  get isOpen() { return !this.place.hidden; }

  // Shows a parcel as the book was on a day; returns the card's data, or null where there is none.
  async open(uid, on, { takesFocus = true } = {}) {
    if (!this.isOpen) this.cameFrom = document.activeElement;
    this.reading?.abort();
    const reading = this.reading = new AbortController();
    if (this.uid !== uid) this._show("图斑", el("p", { className: "note" }, "正在读取…"));
    this.uid = uid;
    this.place.hidden = false;
    this.place.setAttribute("aria-busy", "true");
    this.onShow();
    if (takesFocus) this.title.focus({ preventScroll: true });
    try {
      const card = await read(`/api/v1/parcels/${encodeURIComponent(uid)}/card?on=${on}`, { signal: reading.signal });
      this._fill(card, on);
      return card;
    } catch (error) {
      if (error.name !== "AbortError") await this._refuse(error, uid, on);
      return null;
    } finally {
      if (this.reading === reading) this.place.removeAttribute("aria-busy");
    }
  }

  // The address also holds the view, which the map writes there when it has come to rest.
  writeAddress() {
    const field = this.body.querySelector("#permalink");
    if (field) field.value = location.href;
  }

  close() {
    if (!this.isOpen) return;
    this.reading?.abort();
    this.place.hidden = true;
    this.uid = null;
    const back = this.cameFrom;
    this.onClose();
    if (back?.isConnected && back !== document.body) back.focus({ preventScroll: true });
    else document.querySelector("#canvas canvas")?.focus({ preventScroll: true });
  }

  _show(title, ...content) {
    this.title.replaceChildren(...[title].flat());
    this.body.replaceChildren(...content.flat().filter(Boolean));
    this.body.scrollTop = 0;
  }

  _fill(card, on) {
    const doing = { on, kinds: this.kinds, go: this.go, follow: this.follow };
    const { parcel } = card;
    this._show([card.land_class_name || "未写地类", " ", el("small", {}, parcel.land_class || "")],
      headOf(card), areas(card), farmland(card), approvals(card, doing), exam(card),
      section("历史", versions(card, doing), lineage(card, doing)), details(card), permalink());
  }

  // A parcel that is not in the book on this day may be there on another.
  async _refuse(error, uid, on) {
    const said = el("p", { className: "message warn" }, error.message);
    const choices = error instanceof Refused && error.status === 401 ? loginLink() : null;
    this._show("图斑", said, choices);
    if (error.status !== 404) return;
    const history = await read(`/api/v1/parcels/${encodeURIComponent(uid)}/history`).catch(() => null);
    if (!history || this.uid !== uid) return;
    this._show("图斑", said, section("账里有这几版", versions({ history }, { on, go: this.go }), lineage({ history }, { follow: this.follow })));
  }
}
