/** The controls of what is plotted: panels, θ, baseline, trail, the range of x. */

import { number } from "../core/state.js";
import { escaped, short, t } from "../core/text.js";
import { activations } from "../generated/activations.js";
import { FARTHEST, PANELS, PROPERTIES } from "./state_properties.js";

/**
 * @param {HTMLElement} host Holds them.
 * @param {any} lab
 */
export function panelControls(host, lab) {
  const { state } = lab;
  const $ = (name) => host.querySelector(`[data-part="${name}"]`);

  for (const button of host.querySelectorAll("[data-panel]")) {
    button.addEventListener("click", () => {
      const panels = state.get("show");
      const wanted = panels.includes(button.dataset.panel)
        ? panels.filter((each) => each !== button.dataset.panel)
        : [...panels, button.dataset.panel];
      if (wanted.length) state.set({ show: PANELS.filter((each) => wanted.includes(each)) });
    });
  }
  $("trail").addEventListener("click", () =>
    state.set({ trail: state.get("trail") === "on" ? "off" : "on" }),
  );
  for (const name of ["theta", "base"])
    $(name).addEventListener("change", ({ target }) => state.set({ [name]: target.value }));

  /** What the controls offer and show. */
  function paint() {
    for (const button of host.querySelectorAll("[data-panel]")) {
      button.setAttribute("aria-pressed", String(state.get("show").includes(button.dataset.panel)));
    }
    $("trail").setAttribute("aria-pressed", String(state.get("trail") === "on"));
    const option = (value, label) => `<option value="${escaped(value)}">${escaped(label)}</option>`;
    const keys = lab
      .chosen()
      .flatMap((record) => record.parameters.map((each) => `${lab.keyOf(record)}.${each.name}`));
    if (!keys.includes(lab.theta())) keys.push(lab.theta());
    const labelled = (key) =>
      `${lab.recordOf(key.split(".")[0])?.label ?? "?"} · ${lab.symbolOf(key)}`;
    fill($("theta"), keys.map((key) => option(key, labelled(key))).join(""), lab.theta());
    const typed = lab.recordOf("formula");
    const bases = [...activations, ...(typed ? [typed] : [])];
    fill(
      $("base"),
      bases.map((record) => option(lab.keyOf(record), record.label)).join(""),
      lab.keyOf(lab.baseline()),
    );
    $("theta").closest("label").hidden = !state.get("show").includes("dtheta");
    $("base").closest("label").hidden = !state.get("show").includes("diff");
    const [low, high] = state.get("x");
    for (const [name, value] of [
      ["low", low],
      ["high", high],
    ]) {
      if (document.activeElement !== $(name)) $(name).value = short(value, 7);
    }
    $("reset").disabled = low === -6 && high === 6;
  }
  const fill = (select, html, value) => {
    if (select.dataset.html !== html) select.innerHTML = select.dataset.html = html;
    select.value = value;
  };

  for (const [index, name] of [
    [0, "low"],
    [1, "high"],
  ]) {
    $(name).addEventListener("change", ({ target }) => {
      const next = [...state.get("x")];
      next[index] = number(-FARTHEST, FARTHEST)(target.value) ?? NaN;
      const good = next[1] - next[0] >= 1e-6;
      target.setAttribute("aria-invalid", String(!good));
      $("range-error").textContent = good ? "" : t("explore.error_range");
      if (good) state.set({ x: next });
    });
  }
  $("reset").addEventListener("click", () => state.set({ x: PROPERTIES.x.fallback }));
  return { paint };
}
