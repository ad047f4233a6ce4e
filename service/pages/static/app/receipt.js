// The receipt of a tip: copied by a touch, where the browser lets us.
"use strict";

const receipt = document.querySelector("[data-receipt]");
const copy = document.querySelector("[data-copy]");
const copied = document.querySelector("[data-copied]");

if (receipt && copy && navigator.clipboard && window.isSecureContext) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(receipt.textContent.trim());
      copied.textContent = "已复制";
    } catch {
      copied.textContent = "没有复制成,请长按查询码复制";
    }
  });
}
