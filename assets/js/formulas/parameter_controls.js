/** Parameters of activations: a slider and an exact entry for each. */

import { number } from "../core/state.js";
import { escaped, short, t } from "../core/text.js";

/**
 * @param {HTMLElement} host
 * @param {any} lab What `explore/tab.js` gives to its parts.
 * @param {() => any[]} records Whose parameters are shown.
 * @param {boolean} [alone] Whether it is clear whose they are.
 */
export function parameterControls(host, lab, records, alone = false) {
  function paint() {
    host.innerHTML = records()
      .flatMap((each) =>
        each.parameters.map((p) => {
          const key = `${lab.keyOf(each)}.${p.name}`;
          const value = lab.values(each)[p.name];
          const symbol = lab.symbolOf(key);
          const name = alone ? symbol : `${each.label} · ${symbol}`;
          return `<div class="explore-parameter"><label class="lab-label" for="lab-p-${key}">${escaped(name)}</label>
        <input class="lab-field" data-exact="${key}" inputmode="decimal" value="${short(value, 15)}" aria-label="${escaped(t("explore.exact", { name }))}" title="${escaped(t("explore.exact", { name }))}">
        <input type="range" id="lab-p-${key}" data-slide="${key}" min="${p.min}" max="${p.max}" step="${10 ** Math.floor(Math.log10((p.max - p.min) / 100))}" value="${value}" title="${escaped(t("explore.tip_parameter", { name: each.label }))}"></div>`;
        }),
      )
      .join("");
  }

  /** What the fields show, while parameters move. */
  function show() {
    for (const each of records()) {
      for (const [name, value] of Object.entries(lab.values(each))) {
        const key = `${lab.keyOf(each)}.${name}`;
        const [slide, exact] = ["slide", "exact"].map((kind) =>
          host.querySelector(`[data-${kind}="${key}"]`),
        );
        if (!slide) continue;
        slide.value = String(value);
        if (document.activeElement !== exact) exact.value = short(value, 15);
      }
    }
  }

  host.addEventListener("input", ({ target }) => {
    if (target.dataset.slide)
      lab.tune(target.dataset.slide, Number(Number(target.value).toPrecision(6)));
  });
  host.addEventListener("change", ({ target }) => {
    if (!target.dataset.exact) return;
    const value = number()(target.value);
    target.setAttribute("aria-invalid", String(value === undefined));
    if (value !== undefined) lab.tune(target.dataset.exact, value);
  });
  return { paint, show };
}
