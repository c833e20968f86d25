/** The exact landmarks of Swish_β, as β moves. */

import { swishLandmarks } from "./activations.js";
import { escape, short, t } from "./text.js";

/** @param {HTMLElement} host @param {any} lab */
export function landmarkCard(host, lab) {
  host.innerHTML = `<p class="lab-note" data-part="landmark-title"></p>
    <div class="lab-scroll"><table><thead><tr><th>${escape(t("explore.col_what"))}</th><th>x</th><th>f(x)</th><th>f′(x)</th></tr></thead><tbody data-part="landmarks"></tbody></table></div>
    <p class="lab-note" style="margin-top:8px">${escape(t("explore.landmark_note"))}</p>`;
  const title = host.querySelector("[data-part=landmark-title]");
  const body = host.querySelector("[data-part=landmarks]");
  return {
    update() {
      const beta = lab.state.get("beta");
      const rows = swishLandmarks(beta).map(({ kind, x, value, slope }) => [t(`explore.landmark_${kind}`), ...[x, value, slope].map((each) => short(each, 7))]);
      rows.push([t("explore.landmark_origin"), "0", "0", "0.5"]);
      title.textContent = t("explore.landmarks", { beta: short(beta, 6) });
      body.innerHTML = rows.map((row) => `<tr>${row.map((cell) => `<td>${escape(cell)}</td>`).join("")}</tr>`).join("");
    },
  };
}
