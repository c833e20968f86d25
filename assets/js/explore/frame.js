/** Lays out the Explore tab: where its parts stand. */

import { closest, html } from "../core/dom.js";
import { openTab } from "../core/header.js";
import { rove } from "../core/roving.js";
import { keep, kept } from "../core/storage.js";
import { t } from "../core/text.js";
import { pictureMenu } from "../plot/picture_menu.js";
import { PANELS } from "./state_properties.js";

/** @type {Record<string, string>} */
const NAMES = { f: "f", df: "f′", d2f: "f″", dtheta: "∂f/∂θ", diff: "f − g" };

/** The tab's HTML: one column of controls, the plot, the cards. */
export function skeleton() {
  /** @param {string} key */
  const h = (key) => t(`explore.${key}`);
  const panels = PANELS.map(
    (name) =>
      html`<button class="lab-chip" data-panel="${name}"
            title="${h(`tip_${name}`)}">${NAMES[name]}</button>`,
  );
  const files = ["csv", "json"].map(
    (kind) =>
      html`<button class="lab-btn" data-save="${kind}"
            title="${h(`tip_${kind}`)}">${kind.toUpperCase()}</button>`,
  );
  files.push(
    html`<button class="lab-btn" data-act="embed" title="${h("tip_embed")}">${h("embed")}</button>`,
  );
  /** @param {string} name @param {string} tip */
  const choice = (name, tip) =>
    html`<label class="lab-label" hidden>${h(name)}<select class="lab-field" data-part="${name}"
          title="${h(tip)}"></select></label>`;
  return html`<div class="lab"><p class="lab-note explore-hello" data-part="hello" role="group"
    aria-label="${h("first_line")}" hidden
    >${h("first_line")}
    <span>① ${h("try_drag")}</span> <a href="#" data-open="train">② ${h("try_train")}</a>
    <a href="#" data-open="claims">③ ${h("try_claims")}</a>
    <button class="lab-btn" data-dismiss aria-label="${h("dismiss")}"
      title="${h("dismiss")}">×</button></p>
  <div class="lab-grid">
    <div class="lab-col">
      <section class="lab-card lab-first" data-part="beta" aria-label="β"></section>
      <div class="lab-col explore-controls">
      <section class="lab-card explore-picker" data-part="picker"></section>
      <section class="lab-card explore-own" data-part="own"></section>
      <section class="lab-card explore-choice" data-part="panels">
        <h2>${h("panels")}</h2>
        <div class="lab-row explore-panels" role="group" aria-label="${h("panels")}">
          ${panels}
          <button class="lab-chip" data-part="trail"
            title="${h("tip_trail")}">${h("trail")}</button>
          <button class="lab-chip" data-part="lens-on"
            title="${h("tip_lens")}">${h("lens")}</button>
        </div>
        ${choice("theta", "tip_dtheta")}
        ${choice("base", "tip_diff")}
        <label class="lab-label" for="lab-low">${h("range")}</label>
        <div class="lab-row" style="flex-wrap:nowrap">
          <input class="lab-field" id="lab-low" data-part="low" inputmode="decimal"
            aria-label="${h("from")}" title="${h("tip_range")}">
          <input class="lab-field" data-part="high" inputmode="decimal"
            aria-label="${h("to")}" title="${h("tip_range")}">
          <button class="lab-btn" data-part="reset" title="${h("tip_reset")}">${h("reset")}</button>
        </div>
        <p class="lab-error" data-part="range-error" role="alert"></p>
        <div class="lab-row explore-files" role="group" aria-label="${h("save")}"
          style="margin-top:12px">
          ${files}
        </div>
      </section></div>
    </div>
    <div class="lab-col">
      <section class="lab-card explore-main">
        <h2 class="lab-sr">${h("curves")}</h2>
        <div data-part="frame" class="explore-frame" tabindex="0" role="application"
          aria-label="${h("plot_label")}">
          <div data-part="plot" class="explore-plot"></div>
          <div data-part="still" class="explore-still"></div>
          <div data-part="heads"></div>
          <div class="explore-lens" data-part="lens" hidden></div>
          <div class="explore-crosshair" data-part="crosshair" hidden></div>
          <span class="explore-label" data-part="label-dip" hidden></span
          ><span class="explore-label" data-part="label-steep" hidden></span>
          <div class="explore-box" data-part="box" hidden></div>
          <p class="lab-unseen" data-part="spoken" aria-live="polite"></p>
        </div>
        <div class="lab-row explore-take">${pictureMenu()}</div>
      </section>
      <div class="lab-pair" data-part="cards"></div>
    </div>
  </div></div>`;
}

/** One line for a first visitor, until it is closed. @param {HTMLElement} line */
export function greet(line) {
  line.hidden = kept("greeted") !== null;
  rove(line, "a, button");
  line.addEventListener("click", (event) => {
    const tab = closest(event.target, "[data-open]")?.dataset.open;
    if (tab) {
      event.preventDefault();
      openTab(tab);
    }
    if (!closest(event.target, "[data-dismiss]")) return;
    keep("greeted", "yes");
    line.hidden = true;
  });
}
