// The recorder's grid: typing, pasting, moving by keys, drafts on this machine, saving, submitting.
"use strict";

const table = document.getElementById("grid");
const isReadOnly = !table || table.classList.contains("readonly");
const NOT_GROWN = "无";
const NUMBER = /^\d{1,7}(\.\d{1,2})?$/;
const DRAFT = table && `chungeng:draft:${table.dataset.account}:${table.dataset.task}`;
const byId = (id) => document.getElementById(id);

// ---- reading the grid

const rows = table ? [...table.tBodies[0].rows] : [];
const cells = rows.map((row) => [...row.querySelectorAll("input")]);
const all = cells.flat();
const place = new Map();
cells.forEach((line, r) => line.forEach((input, c) => place.set(input, [r, c])));

function normal(text) {
  const plain = text.normalize("NFKC").replace(/[\s,]/g, "");
  if (/^(无|无此作物|不种)$/.test(plain)) return NOT_GROWN;
  if (!/^\d*\.?\d*$/.test(plain) || plain === "" || plain === ".") return plain;
  const trimmed = plain.replace(/^0+(?=\d)/, "");
  const whole = trimmed.startsWith(".") ? `0${trimmed}` : trimmed;
  return whole.includes(".") ? whole.replace(/\.?0+$/, "") : whole;
}

const isNumber = (text) => NUMBER.test(text);
const saved = (input) => input.dataset.saved;
const now = (input) => normal(input.value);
const isDirty = (input) => now(input) !== saved(input);
const areaOf = (input) => (isNumber(now(input)) ? Math.round(Number(now(input)) * 100) : 0);
const rowOf = (input) => input.closest("tr");
const keyOf = (input) => `${rowOf(input).dataset.area}|${input.dataset.crop}|${input.dataset.method}`;
const mu = (hundredths) =>
  (hundredths / 100).toLocaleString("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

function wrong(text, input) {
  if (text === "") return saved(input) === "" ? null : "已报的数字不能清空;没有播填 0,不种填“无”";
  if (text === NOT_GROWN || isNumber(text)) return null;
  return "只能填亩数(最多两位小数)、0 或“无”";
}

// ---- showing

function falls(input) {
  const before = input.dataset.before;
  const isLower = isNumber(before) && Number(before) > 0 && (now(input) === NOT_GROWN || (isNumber(now(input)) && Number(now(input)) < Number(before)));
  return isLower;
}

function needsReason(input) {
  if (!isDirty(input) || wrong(now(input), input)) return false;
  return falls(input) || "submitted" in input.dataset;
}

function reasonAt(input, isWanted) {
  const cell = input.parentElement;
  const known = cell.querySelector(".reason select");
  if (!isWanted) {
    if (known) known.closest(".reason").remove();
    return null;
  }
  if (known) return known;
  const label = byId("reason-template").content.cloneNode(true).firstElementChild;
  cell.append(label);
  const select = label.querySelector("select");
  select.setAttribute("aria-label", `${input.getAttribute("aria-label")} 更正原因`);
  select.addEventListener("change", () => { problem(input, null); keepDraft(); });
  return select;
}

function problem(input, text) {
  const cell = input.parentElement;
  let note = cell.querySelector(".error");
  cell.classList.toggle("wrong", Boolean(text));
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  const describedBy = (input.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && !id.startsWith("e"));
  if (!text) {
    if (note) note.remove();
  } else {
    if (!note) {
      note = document.createElement("small");
      note.className = "error";
      note.id = `e${input.id}`;
      input.after(note);
    }
    note.textContent = text;
    describedBy.push(note.id);
  }
  if (describedBy.length) input.setAttribute("aria-describedby", describedBy.join(" "));
  else input.removeAttribute("aria-describedby");
}

function showCell(input) {
  const dirty = isDirty(input);
  input.parentElement.classList.toggle("dirty", dirty);
  problem(input, dirty ? wrong(now(input), input) : null);
  reasonAt(input, needsReason(input));
}

function totals() {
  let whole = 0;
  rows.forEach((row, r) => {
    const counted = cells[r].filter((input) => "counted" in input.dataset);
    const sum = counted.reduce((total, input) => total + areaOf(input), 0);
    whole += sum;
    const isFilled = counted.some((input) => isNumber(now(input)));
    const shownAt = row.querySelector("[data-sum]");
    const plan = Number(row.dataset.plan || 0);
    shownAt.textContent = isFilled ? mu(sum) : "—";
    shownAt.classList.toggle("overplan", plan > 0 && sum > plan * 100);
  });
  table.querySelectorAll("[data-column-sum]").forEach((cell, c) => {
    cell.textContent = mu(cells.reduce((total, line) => total + areaOf(line[c]), 0));
  });
  table.querySelector("[data-total]").textContent = mu(whole);
  byId("n-filled").textContent = rows.length - missing().length;
  const dirty = all.filter(isDirty).length;
  if (isReadOnly) return;
  byId("n-unsaved").textContent = dirty;
  byId("unsaved").hidden = dirty === 0;
  byId("save").disabled = dirty === 0 || isSaving;
  byId("undo").disabled = dirty === 0 || isSaving;
}

const missing = () => rows.filter((_, r) => cells[r].every((input) => now(input) === "")).map((row) => row.dataset.name);

function say(kind, text, link) {
  const line = document.createElement("p");
  line.className = `message ${kind}`;
  line.textContent = text;
  if (link) {
    const anchor = document.createElement("a");
    [anchor.href, anchor.textContent] = link;
    line.append(" ", anchor);
  }
  byId("messages").append(line);
}

const hush = () => byId("messages").replaceChildren();

// ---- drafts: what was typed survives a lost session or a closed window

function keepDraft() {
  const kept = {};
  for (const input of all.filter(isDirty)) {
    const select = input.parentElement.querySelector(".reason select");
    kept[keyOf(input)] = [input.value, select ? select.value : ""];
  }
  try {
    if (Object.keys(kept).length) localStorage.setItem(DRAFT, JSON.stringify(kept));
    else localStorage.removeItem(DRAFT);
  } catch {
    // A browser without storage still fills and saves.
  }
}

function restoreDraft() {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(DRAFT) || "{}");
  } catch {
    return;
  }
  let n = 0;
  for (const input of all) {
    const [text, reason] = kept[keyOf(input)] || [];
    if (typeof text !== "string" || normal(text) === saved(input)) continue;
    input.value = text;
    n += 1;
    showCell(input);
    const select = input.parentElement.querySelector(".reason select");
    if (select) select.value = reason || "";
  }
  if (n) say("info", `已恢复上次没保存的 ${n} 格,请核对后保存;不要的话点“撤销未保存的”。`);
}

// ---- typing, pasting, moving

function changed(input) {
  showCell(input);
  totals();
  keepDraft();
}

function block(text) {
  const lines = [[""]];
  let isQuoted = false;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let i = 0; i < source.length; i += 1) {
    const sign = source[i];
    const line = lines[lines.length - 1];
    if (sign === '"' && (isQuoted || line[line.length - 1] === "")) {
      if (isQuoted && source[i + 1] === '"') { line[line.length - 1] += '"'; i += 1; } else isQuoted = !isQuoted;
    } else if (sign === "\t" && !isQuoted) line.push("");
    else if (sign === "\n" && !isQuoted) lines.push([""]);
    else line[line.length - 1] += sign;
  }
  return lines;
}

function paste(event) {
  const text = (event.clipboardData || window.clipboardData).getData("text");
  if (!/[\t\n]/.test(text.replace(/\r?\n$/, ""))) return;
  event.preventDefault();
  hush();
  const [top, left] = place.get(event.target);
  let n = 0;
  let outside = 0;
  block(text).forEach((line, dr) => line.forEach((raw, dc) => {
    const input = cells[top + dr] && cells[top + dr][left + dc];
    if (raw.trim() === "") return;
    if (!input) { outside += 1; return; }
    input.value = normal(raw);
    showCell(input);
    n += 1;
  }));
  totals();
  keepDraft();
  say(outside ? "warn" : "info", `粘贴了 ${n} 格${outside ? `;有 ${outside} 格超出表格,没有填入` : ""}。核对后请保存。`);
}

function go(r, c) {
  const input = cells[r] && cells[r][c];
  if (!input) return false;
  input.focus();
  input.select();
  return true;
}

function keys(event) {
  if (event.target.tagName !== "INPUT" || event.altKey || event.metaKey || event.isComposing) return;
  const [r, c] = place.get(event.target);
  const { selectionStart: from, selectionEnd: to, value } = event.target;
  const isWhole = from === 0 && to === value.length;
  const moves = {
    ArrowUp: () => go(r - 1, c),
    ArrowDown: () => go(r + 1, c),
    Enter: () => go(r + (event.shiftKey ? -1 : 1), c),
    ArrowLeft: () => (isWhole || to === 0) && !event.shiftKey && go(r, c - 1),
    ArrowRight: () => (isWhole || from === value.length) && !event.shiftKey && go(r, c + 1),
    Escape: () => { event.target.value = saved(event.target); changed(event.target); return true; },
  };
  if (event.ctrlKey) {
    if (event.key === "s" && !isReadOnly) { event.preventDefault(); save(); }
    return;
  }
  if (Object.hasOwn(moves, event.key) && moves[event.key]()) event.preventDefault();
  else if (event.key === "Enter") event.preventDefault();
}

// ---- saving

let isSaving = false;

function item(input) {
  const text = now(input);
  const select = input.parentElement.querySelector(".reason select");
  const made = {
    season_code: table.dataset.season,
    area_code: rowOf(input).dataset.area,
    crop_code: input.dataset.crop,
    method: input.dataset.method,
    as_of: table.dataset.asOf,
    answer: text === NOT_GROWN ? "not_grown" : "area",
    basis: byId("basis").value,
  };
  if (text !== NOT_GROWN) made.cumulative_mu = Number(text);
  if (select && select.value) made.reason = select.value;
  if (input.dataset.note) made.note = input.dataset.note;
  return made;
}

function unready(dirty) {
  const bad = [];
  for (const input of dirty) {
    const why = wrong(now(input), input);
    const select = input.parentElement.querySelector(".reason select");
    if (why) problem(input, why);
    else if (select && !select.value) problem(input, falls(input) ? `低于上次的 ${input.dataset.before},须选更正原因` : "改动已上报的数字,须选更正原因");
    else continue;
    bad.push(input);
  }
  return bad;
}

async function save() {
  const dirty = all.filter(isDirty);
  if (!dirty.length || isSaving) return false;
  hush();
  const bad = unready(dirty);
  if (bad.length) {
    say("bad", `有 ${bad.length} 格须先改正,还没有保存。`);
    bad[0].focus();
    return false;
  }
  isSaving = true;
  totals();
  try {
    const answer = await fetch("/api/v1/sowing/reports/batch", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ items: dirty.map(item) }),
    });
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) return keep(dirty, body);
    refuse(dirty, answer.status, body);
  } catch {
    say("bad", "没有连上服务器,数字还在本机,没有保存;请稍后再点“保存”。");
  } finally {
    isSaving = false;
    totals();
  }
  return false;
}

function keep(dirty, body) {
  for (const row of rows) row.querySelector(".warning").hidden = true;
  for (const input of dirty) {
    input.value = now(input);
    input.dataset.saved = now(input);
    // The correction is filed anew: until it is submitted it may be changed again.
    delete input.dataset.submitted;
    showCell(input);
  }
  keepDraft();
  for (const { area_code: area, warning } of body.warnings) {
    const note = rows.find((row) => row.dataset.area === area).querySelector(".warning");
    note.textContent = warning;
    note.hidden = false;
  }
  say("good", `已保存 ${body.n_filed} 格${body.n_unchanged ? `,${body.n_unchanged} 格与已存的相同` : ""}。`);
  const beyond = new Set(body.warnings.map((each) => each.area_code));
  if (beyond.size) say("warn", `${beyond.size} 个村超过计划,见村名下的提示;数字已保存。`);
  return true;
}

function refuse(dirty, status, body) {
  if (status === 401) {
    say("bad", "登录已过期。填的数字在本机留了底,重新登录后会恢复。", [`/login?next=${encodeURIComponent(location.pathname + location.search)}`, "去登录"]);
    return;
  }
  const refused = (body.rows || []).map(({ row, field, reason }) => [row, field, reason]);
  for (const { field, allowed } of body.errors || []) {
    const found = /items\.(\d+)\.?(.*)$/.exec(field);
    if (found) refused.push([Number(found[1]), found[2], allowed]);
  }
  let first = null;
  for (const [row, field, reason] of refused) {
    const input = dirty[row];
    if (!input) continue;
    if (field === "reason" || (field === "cumulative_mu" && reason.includes("更正原因"))) reasonAt(input, true);
    problem(input, reason);
    first = first || input;
  }
  say("bad", body.detail || `没有保存(${status});请稍后再试。`);
  if (first) first.focus();
}

// ---- submitting

async function submit() {
  hush();
  if (all.some(isDirty) && !(await save())) return;
  const lacking = missing();
  const text = document.createElement("p");
  text.className = lacking.length ? "message warn" : "message good";
  text.textContent = lacking.length
    ? `还有 ${lacking.length} 村没有报(沿用上次的数字,从没报过的不计入):${lacking.join("、")}。`
    : `${rows.length} 村都报了。`;
  byId("missing").replaceChildren(text);
  byId("submit-dialog").showModal();
}

// ---- a filled workbook

async function upload(event) {
  event.preventDefault();
  const form = event.target;
  const data = new FormData(form);
  const into = byId("upload-result");
  into.textContent = "正在读取…";
  try {
    const answer = await fetch(form.action, { method: "POST", body: data });
    const body = await answer.json().catch(() => ({}));
    into.replaceChildren(...uploaded(answer, body, data.has("dry_run")));
  } catch {
    into.textContent = "没有连上服务器,文件没有保存;请稍后再传。";
  }
}

function uploaded(answer, body, isDryRun) {
  const refused = body.refused || body.rows || [];
  const line = document.createElement("p");
  const isGood = answer.ok && !refused.length;
  line.className = `message ${isGood ? "good" : "bad"}`;
  line.setAttribute("role", "status");
  const counted = `读到 ${body.n_read} 格,${isDryRun ? "可存" : "存入"} ${body.n_filed},相同 ${body.n_unchanged}`;
  if (isGood) line.textContent = isDryRun ? `${counted}。试读没有保存;去掉“先试读”再传一次即保存。` : `${counted}。`;
  else line.textContent = body.detail || `有 ${refused.length} 格不能保存,全部没有保存;请按下表改正后再传。`;
  if (isGood && !isDryRun) {
    const link = document.createElement("a");
    link.href = location.pathname + location.search;
    link.textContent = "刷新表格";
    line.append(" ", link);
  }
  const found = [line];
  if (refused.length) found.push(listed(["行", "列", "填的", "原因"], refused.map((each) => [each.row, each.column ?? each.field, each.value, each.reason])));
  const warnings = (body.warnings || []).map((each) => [each.row ?? "", each.warning ?? String(each)]);
  if (warnings.length) found.push(listed(["行", "提示"], warnings));
  return found;
}

function listed(titles, lines) {
  const made = document.createElement("table");
  made.className = "figures";
  const head = made.createTHead().insertRow();
  for (const title of titles) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = title;
    head.append(cell);
  }
  const body = made.createTBody();
  for (const line of lines) {
    const row = body.insertRow();
    for (const text of line) row.insertCell().textContent = text ?? "";
  }
  const around = document.createElement("div");
  around.className = "scroll";
  around.append(made);
  return around;
}

// ---- listening

if (table) {
  table.addEventListener("keydown", keys);
  table.addEventListener("focusin", (event) => { if (event.target.tagName === "INPUT") event.target.select(); });
  totals();
}

if (!isReadOnly) {
  table.addEventListener("input", (event) => { if (event.target.tagName === "INPUT") changed(event.target); });
  table.addEventListener("paste", (event) => { if (event.target.tagName === "INPUT") paste(event); });
  byId("save").addEventListener("click", save);
  byId("undo").addEventListener("click", () => {
    hush();
    for (const input of all) { input.value = saved(input); showCell(input); }
    totals();
    keepDraft();
  });
  byId("upload").addEventListener("submit", upload);
  const dialog = byId("submit-dialog");
  if (dialog) {
    byId("submit").addEventListener("click", submit);
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  }
  window.addEventListener("beforeunload", (event) => {
    if (all.some(isDirty)) event.preventDefault();
  });
  restoreDraft();
  totals();
}
