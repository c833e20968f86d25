/** The frame of the Explore tab: where its parts stand. */

import { openTab } from "../core/header.js";
import { keep, kept } from "../core/storage.js";
import { escaped, t } from "../core/text.js";
import { PANELS } from "./state_properties.js";

const tip = (key) => `title="${escaped(t(key))}"`;

/** The tab's HTML: one column of controls, the plot, the cards. */
export function skeleton() {
  const h = (key) => escaped(t(`explore.${key}`));
  const names = { f: "f", df: "f′", d2f: "f″", dtheta: "∂f/∂θ", diff: "f − g" };
  return `<div class="lab"><p class="lab-note explore-hello" data-part="hello" hidden>${h("first_line")}
    <span>① ${h("try_drag")}</span> <a href="#" data-open="train">② ${h("try_train")}</a> <a href="#" data-open="claims">③ ${h("try_claims")}</a>
    <button class="lab-btn" data-dismiss aria-label="${h("dismiss")}" ${tip("explore.dismiss")}>×</button></p>
  <div class="lab-grid">
    <div class="lab-col">
      <section class="lab-card lab-first" data-part="beta" aria-label="β"></section>
      <section class="lab-card explore-picker" data-part="picker"></section>
      <section class="lab-card explore-own" data-part="own"></section>
      <section class="lab-card explore-choice" data-part="panels">
        <h3>${h("panels")}</h3>
        <div class="lab-row explore-panels" role="group" aria-label="${h("panels")}">
          ${PANELS.map((name) => `<button class="lab-chip" data-panel="${name}" ${tip(`explore.tip_${name}`)}>${names[name]}</button>`).join("")}
          <button class="lab-chip" data-part="trail" ${tip("explore.tip_trail")}>${h("trail")}</button>
        </div>
        <label class="lab-label" hidden>${h("theta")}<select class="lab-field" data-part="theta" ${tip("explore.tip_dtheta")}></select></label>
        <label class="lab-label" hidden>${h("base")}<select class="lab-field" data-part="base" ${tip("explore.tip_diff")}></select></label>
        <label class="lab-label" for="lab-low">${h("range")}</label>
        <div class="lab-row" style="flex-wrap:nowrap">
          <input class="lab-field" id="lab-low" data-part="low" inputmode="decimal" aria-label="${h("from")}" ${tip("explore.tip_range")}>
          <input class="lab-field" data-part="high" inputmode="decimal" aria-label="${h("to")}" ${tip("explore.tip_range")}>
          <button class="lab-btn" data-part="reset" ${tip("explore.tip_reset")}>${h("reset")}</button>
        </div>
        <p class="lab-error" data-part="range-error" role="alert"></p>
        <div class="lab-row" style="margin-top:12px">
          ${["png", "svg", "csv", "json"].map((kind) => `<button class="lab-btn" data-save="${kind}" ${tip(`explore.tip_${kind}`)}>${kind.toUpperCase()}</button>`).join("")}
        </div>
      </section>
    </div>
    <div class="lab-col">
      <section class="lab-card explore-main">
        <div data-part="frame" class="explore-frame" tabindex="0" role="group" aria-label="${h("plot_label")}">
          <div data-part="plot" class="explore-plot"></div>
          <div data-part="still" class="explore-still"></div>
          <div data-part="heads"></div>
          <div class="explore-crosshair" data-part="crosshair" hidden></div>
          <span class="explore-label" data-part="label-dip" hidden></span><span class="explore-label" data-part="label-steep" hidden></span>
          <div class="explore-box" data-part="box" hidden></div>
          <p class="lab-unseen" data-part="spoken" aria-live="polite"></p>
        </div>
      </section>
      <div class="lab-pair" data-part="cards"></div>
    </div>
  </div></div>`;
}

/** One line for a first visitor, until it is closed. @param {HTMLElement} line */
export function greet(line) {
  line.hidden = kept("greeted") !== null;
  line.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-open]")?.dataset.open;
    if (tab) {
      event.preventDefault();
      openTab(tab);
    }
    if (!event.target.closest("[data-dismiss]")) return;
    keep("greeted", "yes");
    line.hidden = true;
  });
}
