// Finding a town or village by its name, whole or in part.

import { el } from "./dom.js";

const byId = (id) => document.getElementById(id);

export function watchSearch(places, { arrive }) {
  const named = places.map((place) => ({ place, text: place.town ? `${place.name}(${place.town})` : place.name }));
  const field = byId("place");
  const said = byId("search-answer");
  byId("search").hidden = !places.length;
  byId("places").replaceChildren(...named.map(({ text }) => el("option", { value: text })));

  const goTo = ([first, ...others]) => {
    said.textContent = `已到 ${first.text}${others.length ? `;另有 ${others.length} 处名称相近,请写全` : ""}`;
    arrive(first.place);
  };
  const exact = () => named.filter(({ text, place }) => [text, place.name, place.code].includes(field.value.trim()));
  // Choosing from the list is an input without typing: it leads there at once.
  field.addEventListener("input", (event) => {
    const isChosen = !event.inputType || event.inputType === "insertReplacementText";
    if (isChosen && exact().length) goTo(exact());
  });
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = field.value.trim();
    if (!wanted) return;
    const found = exact().length ? exact() : named.filter(({ text }) => text.includes(wanted));
    if (found.length) goTo(found);
    else said.textContent = "没有这个镇、村;请换一个写法";
  });
}
