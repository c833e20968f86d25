/**
 * Shows the first tab while Gradio is still loading: its curves stand, and move, a second earlier.
 * It is made where Gradio will put it, and `explore/tab.js` takes it over there.
 */

import { make } from "../explore/tab.js";
import { fill, find, html } from "./dom.js";
import { brand, wantedTab } from "./header.js";

const opens =
  wantedTab() === "explore" &&
  window.gradio_config?.components.some(({ props }) => props.elem_id === "lab-explore");
// Gradio may have been faster: then the tab is there already.
if (opens && !document.getElementById("lab-explore")) {
  const host = document.createElement("div");
  host.id = "lab-early";
  host.className = "gradio-container";
  fill(host, html`<div class="lab-early-bar">${brand()}</div><div class="main app"></div>`);
  document.body.prepend(host);
  make(find(host, ".main"));
}
