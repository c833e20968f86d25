/** Controls of what is plotted: the panels, what they are of, the stretch of x, files of it. */

import { offer, press } from "../core/controls.js";
import { fill, findAll, html, partsOf, short, t } from "../core/html.js";
import { number } from "../core/state.js";
import { activations } from "../generated/activations.js";
import { FARTHEST, PANELS, PROPERTIES } from "./lab.js";

/** @type {Record<string, string>} */
const NAMES = { f: "f", df: "f′", d2f: "f″", dtheta: "∂f/∂θ", diff: "f − g" };

/**
 * @param {HTMLElement} host Holds them.
 * @param {import("./lab.js").Lab} lab
 */
export function panelControls(host, lab) {
  fill(host, skeleton());
  const { state } = lab;
  const $ = partsOf(host);
  const panels = findAll(host, "[data-panel]");
  const error = $("range-error");
  /** @type {[name: string, button: HTMLElement][]} */
  const extras = [
    ["trail", $("trail")],
    ["lens", $("lens-on")],
  ];
  const [theta, base] = [$("theta", HTMLSelectElement), $("base", HTMLSelectElement)];
  const ends = [$("low", HTMLInputElement), $("high", HTMLInputElement)];
  const reset = $("reset", HTMLButtonElement);

  for (const button of panels) {
    const panel = button.dataset.panel ?? "";
    button.addEventListener("click", () => {
      /** @type {string[]} */
      const before = state.get("show");
      const wanted = before.includes(panel)
        ? before.filter((each) => each !== panel)
        : [...before, panel];
      if (wanted.length) state.set({ show: PANELS.filter((each) => wanted.includes(each)) });
    });
  }
  for (const [name, button] of extras) {
    button.addEventListener("click", () =>
      state.set({ [name]: state.get(name) === "on" ? "off" : "on" }),
    );
  }
  theta.addEventListener("change", () => state.set({ theta: theta.value }));
  base.addEventListener("change", () => state.set({ base: base.value }));

  /** What the controls offer and show. */
  function paint() {
    press(panels, ({ dataset }) => state.get("show").includes(dataset.panel));
    for (const [name, button] of extras) press([button], () => state.get(name) === "on");
    const keys = lab
      .chosen()
      .flatMap((record) => record.parameters.map((each) => `${lab.keyOf(record)}.${each.name}`));
    if (!keys.includes(lab.theta())) keys.push(lab.theta());
    /** @param {string} key */
    const labelled = (key) =>
      `${lab.recordOf(key.split(".")[0])?.label ?? "?"} · ${lab.symbolOf(key)}`;
    offer(
      theta,
      keys.map((key) => [key, labelled(key)]),
      lab.theta(),
    );
    const typed = lab.recordOf("formula");
    const bases = [...activations, ...(typed ? [typed] : [])];
    offer(
      base,
      bases.map((record) => [lab.keyOf(record), record.label]),
      lab.keyOf(lab.baseline()),
    );
    theta.closest("label")?.toggleAttribute("hidden", !state.get("show").includes("dtheta"));
    base.closest("label")?.toggleAttribute("hidden", !state.get("show").includes("diff"));
    const [low, high] = state.get("x");
    for (const [at, field] of ends.entries()) {
      if (document.activeElement !== field) field.value = short(state.get("x")[at], 7);
    }
    reset.disabled = low === -6 && high === 6;
  }

  for (const [at, field] of ends.entries()) {
    field.addEventListener("change", () => {
      const next = [...state.get("x")];
      next[at] = number(-FARTHEST, FARTHEST)(field.value) ?? NaN;
      const good = next[1] - next[0] >= 1e-6;
      field.setAttribute("aria-invalid", String(!good));
      error.textContent = good ? "" : t("explore.error_range");
      if (good) state.set({ x: next });
    });
  }
  reset.addEventListener("click", () => state.set({ x: PROPERTIES.x.fallback }));
  return { paint };
}

function skeleton() {
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
  return html`<h2>${h("panels")}</h2>
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
    </div>`;
}
