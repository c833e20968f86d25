/** Controls what is plotted: panels, θ, baseline, trail, the range of x. */

import { findAll, offer, partsOf, press } from "../core/dom.js";
import { number } from "../core/state.js";
import { short, t } from "../core/text.js";
import { activations } from "../generated/activations.js";
import { FARTHEST, PANELS, PROPERTIES } from "./state_properties.js";

/**
 * @param {HTMLElement} host Holds them.
 * @param {import("./lab.js").Lab} lab
 */
export function panelControls(host, lab) {
  const { state } = lab;
  const $ = partsOf(host);
  const panels = findAll(host, "[data-panel]");
  const [trail, error] = [$("trail"), $("range-error")];
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
  trail.addEventListener("click", () =>
    state.set({ trail: state.get("trail") === "on" ? "off" : "on" }),
  );
  theta.addEventListener("change", () => state.set({ theta: theta.value }));
  base.addEventListener("change", () => state.set({ base: base.value }));

  /** What the controls offer and show. */
  function paint() {
    press(panels, ({ dataset }) => state.get("show").includes(dataset.panel));
    press([trail], () => state.get("trail") === "on");
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
