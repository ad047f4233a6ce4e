// What every page does: forms of filters that apply themselves, and messages that show once.
"use strict";

for (const form of document.querySelectorAll("form[data-auto]")) {
  form.classList.add("auto");
  // By keyboard every arrow key is a change: the button stays for those who go that way.
  form.addEventListener("keydown", (event) => { if (event.key !== "Tab") form.classList.remove("auto"); });
  form.addEventListener("pointerdown", (event) => { if (event.target.type !== "submit") form.classList.add("auto"); });
  form.addEventListener("change", (event) => {
    const resets = event.target.dataset.resets;
    if (resets && form.elements[resets]) form.elements[resets].value = "";
    if (form.classList.contains("auto")) form.requestSubmit();
  });
  form.addEventListener("submit", () => {
    for (const field of form.elements) {
      if (field.name && field.value === "") field.disabled = true;
    }
  });
}

window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form[data-auto] :disabled")) field.disabled = false;
});

if (document.querySelector("[data-done]")) {
  const here = new URL(location.href);
  here.searchParams.delete("done");
  history.replaceState(null, "", here);
}

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", () => {
    // Two clicks are one step.
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      setTimeout(() => { button.disabled = true; });
      setTimeout(() => { button.disabled = false; }, 5000);
    }
  });
}
