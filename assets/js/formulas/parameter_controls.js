/** Sets parameters of activations: a slider and an exact entry for each. */

import { fieldOf, fill, html } from "../core/dom.js";
import { number } from "../core/state.js";
import { short, t } from "../core/text.js";

/** @typedef {import("../generated/activations.js").Activation} Activation */

/**
 * @param {HTMLElement} host
 * @param {import("../explore/lab.js").Lab} lab
 * @param {() => Activation[]} records Whose parameters are shown.
 * @param {boolean} [alone] Whether it is clear whose they are.
 */
export function parameterControls(host, lab, records, alone = false) {
  /**
   * @param {Activation} record @param {import("../generated/activations.js").Parameter} parameter
   */
  function controls(record, parameter) {
    const { min, max } = parameter;
    const key = `${lab.keyOf(record)}.${parameter.name}`;
    const value = lab.values(record)[parameter.name];
    const symbol = lab.symbolOf(key);
    const name = alone ? symbol : `${record.label} · ${symbol}`;
    const tip = t("explore.exact", { name });
    const step = 10 ** Math.floor(Math.log10((max - min) / 100));
    return html`<div class="explore-parameter"
      ><label class="lab-label" for="lab-p-${key}">${name}</label>
        <input class="lab-field" data-exact="${key}" inputmode="decimal"
          value="${short(value, 15)}" aria-label="${tip}" title="${tip}">
        <input type="range" id="lab-p-${key}" data-slide="${key}" min="${min}" max="${max}"
          step="${step}" value="${value}"
          title="${t("explore.tip_parameter", { name: record.label })}"></div>`;
  }

  function paint() {
    const all = records().flatMap((record) =>
      record.parameters.map((parameter) => controls(record, parameter)),
    );
    fill(host, html`${all}`);
  }

  /** What the fields show, while parameters move. */
  function show() {
    for (const each of records()) {
      for (const [name, value] of Object.entries(lab.values(each))) {
        const key = `${lab.keyOf(each)}.${name}`;
        /** @type {(HTMLInputElement | null)[]} */
        const [slide, exact] = ["slide", "exact"].map((kind) =>
          host.querySelector(`[data-${kind}="${key}"]`),
        );
        if (!slide || !exact) continue;
        slide.value = String(value);
        if (document.activeElement !== exact) exact.value = short(value, 15);
      }
    }
  }

  host.addEventListener("input", (event) => {
    const { dataset, value } = fieldOf(event);
    if (dataset.slide) lab.tune(dataset.slide, Number(Number(value).toPrecision(6)));
  });
  host.addEventListener("change", (event) => {
    const field = fieldOf(event);
    if (!field.dataset.exact) return;
    const value = number()(field.value);
    field.setAttribute("aria-invalid", String(value === undefined));
    if (value !== undefined) lab.tune(field.dataset.exact, value);
  });
  return { paint, show };
}
