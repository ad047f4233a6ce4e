// The land desk: a file is dropped and sent, its reading is watched, fields are matched, a layer is taken out.
"use strict";

const byId = (id) => document.getElementById(id);
const MIB = 2 ** 20;
const inMib = (bytes) => (bytes < MIB ? `${Math.max(bytes / 1024, 0.1).toFixed(1)} KB` : `${(bytes / MIB).toFixed(1)} MB`);
const NO_NETWORK = "没有连上服务器,文件还在您这里;请检查网络后再试。";

function told(place, kind, text, link) {
  const said = document.createElement("p");
  said.className = `message ${kind}`;
  said.textContent = text;
  if (link) {
    const leads = document.createElement("a");
    leads.href = link.href;
    leads.textContent = link.text;
    said.append(" ", leads);
  }
  place.replaceChildren(said);
}

// ---- sending a file

const PARTS = ["shp", "dbf", "shx", "prj", "cpg"];
const OTHERS = {
  rar: "RAR 请解压后重新压缩为 ZIP。", "7z": "7z 请解压后重新压缩为 ZIP。", dwg: "CAD 图请先在 GIS 软件里转成面图层,再导出为 GeoPackage。",
  dxf: "CAD 图请先在 GIS 软件里转成面图层,再导出为 GeoPackage。", mdb: "个人地理数据库(.mdb)请导出为 GeoPackage 或 Shapefile。", kml: "KML 请导出为 GeoPackage。",
  kmz: "KMZ 请导出为 GeoPackage。", xlsx: "表格没有图形;请传带图形的图层。", csv: "表格没有图形;请传带图形的图层。",
};
const endingOf = (name) => (name.includes(".") ? name.split(".").pop().toLowerCase() : "");

// What can be seen before anything is sent; the server looks at the content itself.
function objection(files, form) {
  const endings = files.map((file) => endingOf(file.name));
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const other = endings.find((ending) => ending in OTHERS);
  if (!files.length) return "请先选一个文件。";
  if (other) return OTHERS[other];
  if (files.length > Number(form.dataset.maxParts)) return `一次最多 ${form.dataset.maxParts} 个文件;请压缩成一个 ZIP。`;
  if (total > Number(form.dataset.maxBytes)) return `文件共 ${inMib(total)},超过 ${inMib(Number(form.dataset.maxBytes))};请分镇导入,或请管理员用命令行导入。`;
  if (!total) return "文件是空的。";
  if (!endings.some((ending) => PARTS.includes(ending))) return files.length > 1 ? "一次只能导入一个文件(Shapefile 的散件除外)。" : null;
  const missing = ["shp", "shx", "dbf"].filter((ending) => !endings.includes(ending));
  return missing.length ? `Shapefile 还缺 ${missing.map((ending) => `.${ending}`).join("、")};请和其他散件一起选上。` : null;
}

class Upload {
  constructor(form) {
    this.form = form;
    this.input = byId("file");
    this.request = null;
    this.input.addEventListener("change", () => this.show());
    form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    byId("cancel").addEventListener("click", () => this.request?.abort());
    this.takeDrops(byId("drop"));
    this.show();
  }

  takeDrops(place) {
    let depth = 0;
    const isFiles = (event) => [...event.dataTransfer.types].includes("Files");
    const mark = (change) => { depth = Math.max(depth + change, 0); place.classList.toggle("over", depth > 0); };
    place.addEventListener("dragenter", (event) => { if (isFiles(event)) { event.preventDefault(); mark(1); } });
    place.addEventListener("dragleave", () => mark(-1));
    place.addEventListener("dragover", (event) => { if (isFiles(event)) event.preventDefault(); });
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      mark(-depth);
      const isFolder = [...event.dataTransfer.items].some((item) => item.webkitGetAsEntry?.()?.isDirectory);
      if (isFolder) { told(byId("upload-problem"), "bad", "不能直接传文件夹;FileGDB 请把 .gdb 文件夹压缩成 ZIP。"); return; }
      this.input.files = event.dataTransfer.files;
      this.show();
    });
    // Dropped beside the box, a file must not replace the page.
    for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => { if (isFiles(event)) event.preventDefault(); });
  }

  show() {
    const files = [...this.input.files];
    byId("chosen").replaceChildren(...files.map((file) => {
      const line = document.createElement("li");
      const name = document.createElement("bdi");
      name.textContent = file.name;
      line.append(name, ` ${inMib(file.size)}`);
      return line;
    }));
    const problem = files.length ? objection(files, this.form) : null;
    if (problem) told(byId("upload-problem"), "bad", problem);
    else if (files.length) byId("upload-problem").replaceChildren();
  }

  send() {
    if (this.request) return;
    const files = [...this.input.files];
    const problem = objection(files, this.form);
    if (problem) { told(byId("upload-problem"), "bad", problem); this.input.focus(); return; }
    const { kind, valid_from: day, is_complete_county: whole } = this.form.elements;
    const options = { is_complete_county: whole.checked };
    if (kind.value) options.kind = kind.value;
    if (day.value) options.valid_from = day.value;
    const body = new FormData();
    // An import bears the name of its first part.
    files.sort((one, other) => (endingOf(other.name) === "shp") - (endingOf(one.name) === "shp"));
    for (const file of files) body.append("file", file, file.name);
    body.append("options", JSON.stringify(options));
    this.request = new XMLHttpRequest();
    this.request.upload.addEventListener("progress", (event) => this.tell(event));
    this.request.addEventListener("load", () => this.answered());
    this.request.addEventListener("error", () => this.ended("bad", NO_NETWORK));
    this.request.addEventListener("abort", () => this.ended("info", "已取消上传,服务器没有留下文件。"));
    this.request.open("POST", "/api/v1/parcels/imports");
    this.request.setRequestHeader("Accept", "application/json");
    byId("upload-problem").replaceChildren();
    this.busy(true);
    this.request.send(body);
  }

  tell(event) {
    if (!event.lengthComputable) return;
    const share = Math.floor((event.loaded / event.total) * 100);
    byId("sent").value = share;
    byId("sending-text").textContent = share < 100 ? `正在上传 ${share}%(${inMib(event.loaded)} / ${inMib(event.total)})` : "已传完,服务器正在收文件…";
  }

  answered() {
    let said = {};
    try { said = JSON.parse(this.request.responseText); } catch { /* a proxy in between may answer in HTML */ }
    if (this.request.status === 202 && said.id) { location.assign(`/land/${encodeURIComponent(said.id)}`); return; }
    const isOut = this.request.status === 401;
    const reason = isOut ? "登录已过期,请重新登录后再传。" : said.detail || "没有传成,请再试一次;仍不行请联系管理员。";
    this.ended("bad", reason, isOut ? { href: "/login?next=/land", text: "去登录" } : null);
  }

  ended(kind, text, link) {
    this.request = null;
    this.busy(false);
    told(byId("upload-problem"), kind, text, link);
    this.input.focus();
  }

  busy(isBusy) {
    byId("sending").hidden = !isBusy;
    byId("sent").value = 0;
    byId("sending-text").textContent = "正在上传…";
    this.form.querySelector("button.primary").hidden = isBusy;
    this.input.disabled = isBusy;
  }
}

// ---- watching an import

const BEAT_MS = 1000;
const LATER_MS = 5000;

class Watch {
  constructor(place) {
    this.place = place;
    this.address = place.dataset.address;
    this.later(BEAT_MS);
  }

  later(ms) {
    setTimeout(() => this.look(), ms);
  }

  async look() {
    try {
      const answer = await fetch(`${this.address}/progress`, { headers: { Accept: "text/html" } });
      if (answer.redirected) { location.reload(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const read = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("progress");
      byId("busy-trouble").hidden = true;
      if (!read || read.dataset.busy === "no") { location.replace(this.address); return; }
      const old = byId("progress");
      if (old.innerHTML !== read.innerHTML) {
        old.replaceWith(read);
        byId("busy-said").textContent = read.querySelector("p").textContent;
      }
      this.later(BEAT_MS);
    } catch {
      byId("busy-trouble").hidden = false;
      this.later(LATER_MS);
    }
  }
}

// ---- answering: to fill in a place is to choose it

function linkChoices() {
  const code = byId("crs-code");
  code?.addEventListener("input", () => { byId("crs-other").checked = true; });
  byId("crs-other")?.addEventListener("change", () => code.focus());
  for (const select of document.querySelectorAll(".mapping select")) {
    select.addEventListener("change", () => { if (byId("by-table")) byId("by-table").checked = true; });
  }
}

// ---- taking a layer out: what was shortened must be seen, so the file comes through here

async function takeOut(form) {
  const place = byId("exported");
  const button = form.querySelector("button");
  button.disabled = true;
  told(place, "info", "正在导出,范围大时要等一会…");
  try {
    const answer = await fetch(form.dataset.api, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    if (!answer.ok) {
      const problem = await answer.json().catch(() => ({}));
      const isOut = answer.status === 401;
      told(place, "bad", isOut ? "登录已过期,请重新登录。" : problem.detail || "没有导出,请再试一次。", isOut ? { href: "/login?next=/land", text: "去登录" } : null);
      return;
    }
    const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
    const notes = decodeURIComponent(answer.headers.get("X-Chungeng-Notes") || "");
    save(await answer.blob(), name ? name[1] : "export");
    told(place, notes ? "warn" : "good", notes ? `已导出,这次导出已记录。这种格式放不下的内容:${notes}` : "已导出,这次导出已记录。");
  } catch {
    told(place, "bad", "没有连上服务器,请检查网络后再试。");
  } finally {
    button.disabled = false;
  }
}

function save(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

document.documentElement.classList.add("scripted");
if (byId("upload")) new Upload(byId("upload"));
if (byId("busy")) new Watch(byId("busy"));
linkChoices();
byId("export")?.addEventListener("submit", (event) => { event.preventDefault(); takeOut(event.target); });
