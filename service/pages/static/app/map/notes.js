// What the map says of itself: that it reads, that there is nothing, that something went wrong.

import { el, loginLink, read } from "./dom.js";

const byId = (id) => document.getElementById(id);

export class Notes {
  constructor({ retry }) {
    this.retry = retry;
    this.isTroubled = false;
  }

  busy(isBusy) { byId("busy").hidden = !isBusy; }

  say(text) {
    byId("nothing").textContent = text;
    byId("nothing").hidden = !text;
  }

  // A tile that did not come may mean a session that ended: only the server knows.
  async trouble(error) {
    this.busy(false);
    if (this.isTroubled) return;
    this.isTroubled = true;
    console.warn(error?.message);
    const again = el("button", { type: "button", onclick: () => this.tryAgain() }, "再读一次");
    let said = ["有一部分地图没有读到。", again];
    await read("/api/v1/me").catch((refused) => {
      said = [refused.message, refused.status === 401 ? loginLink() : again];
    });
    byId("trouble").replaceChildren(...said);
    byId("trouble").hidden = false;
  }

  tryAgain() {
    this.isTroubled = false;
    byId("trouble").hidden = true;
    this.retry();
  }
}
