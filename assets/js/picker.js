/** The menu of activations: chips in their own colours, a search, and the parameters of the chosen. */

import { activations } from "./activations.js";
import { read, write } from "./state.js";
import { escape, fixed, t } from "./text.js";
import { activationColour, onTheme } from "./theme.js";

const FIRST = ["relu", "gelu", "mish", "elu"];
const DASHES = { solid: "", dash: "5 3", dot: "1.5 2.5", dashdot: "5 2 1.5 2", longdash: "8 3", longdashdot: "8 2 1.5 2" };

const GREEK = { "\\alpha": "α", "\\beta": "β", "\\gamma": "γ", "\\lambda": "λ" };

/** A short sample of an activation's line, as its chip shows it. */
const sampleLine = (dash) =>
  `<svg width="18" height="6" viewBox="0 0 18 6" aria-hidden="true"><path d="M0 3H18" stroke="currentColor" stroke-width="2.6" stroke-dasharray="${DASHES[dash] ?? ""}"/></svg>`;

/**
 * @param {HTMLElement} host
 * @param {() => void} changed Called when the choice or a parameter has changed.
 */
export function activationPicker(host, changed) {
  const names = activations.map((activation) => activation.name);
  const known = (text) => {
    const list = text.split(",").filter(Boolean);
    return list.every((name) => names.includes(name)) ? list : undefined;
  };
  const chosen = new Set(["swish", ...read("act", known, FIRST)]);
  const values = Object.fromEntries(
    activations.map(({ name, parameters }) => [name, Object.fromEntries(parameters.map((p) => [p.name, p.default]))]),
  );

  host.innerHTML = `
    <h3>${escape(t("explore.activations"))}</h3>
    <input class="lab-field" type="search" placeholder="${escape(t("explore.search", { count: activations.length }))}" aria-label="${escape(t("explore.search", { count: activations.length }))}">
    <div class="lab-row" style="margin-top:10px;gap:6px" data-chips></div>
    <div data-parameters></div>`;
  const chips = host.querySelector("[data-chips]");
  const search = host.querySelector("input");

  function paintChips() {
    const wanted = search.value.trim().toLowerCase();
    chips.innerHTML = activations
      .filter(({ name, label, family }) => `${name} ${label} ${family}`.toLowerCase().includes(wanted))
      .map(
        (each) => `<button class="lab-chip" data-name="${each.name}" aria-pressed="${chosen.has(each.name)}"
          style="--chip:${activationColour(each.name)}" title="${escape(`${each.label}, ${each.year}: ${each.source}`)}">${sampleLine(each.dash)}${escape(each.label)}</button>`,
      )
      .join("");
    if (!chips.children.length) chips.innerHTML = `<span class="lab-note">${escape(t("explore.none_found"))}</span>`;
  }

  function paintParameters() {
    const box = host.querySelector("[data-parameters]");
    const rows = activations.filter((each) => chosen.has(each.name) && each.name !== "swish" && each.parameters.length);
    box.innerHTML = rows
      .flatMap((each) =>
        each.parameters.map((p) => {
          const id = `lab-p-${each.name}-${p.name}`;
          const step = (p.max - p.min) / 200;
          return `<label class="lab-label lab-row lab-between" for="${id}"><span>${escape(each.label)} · ${escape(GREEK[p.symbol] ?? p.symbol)}</span><span data-value="${id}">${fixed(values[each.name][p.name], 2)}</span></label>
            <input type="range" id="${id}" data-of="${each.name}" data-parameter="${p.name}" min="${p.min}" max="${p.max}" step="${step}" value="${values[each.name][p.name]}" title="${escape(t("explore.tip_parameter", { name: each.label }))}">`;
        }),
      )
      .join("");
  }

  chips.addEventListener("click", (event) => {
    const name = event.target.closest("[data-name]")?.dataset.name;
    if (!name || name === "swish") return;
    if (!chosen.delete(name)) chosen.add(name);
    event.target.closest("[data-name]").setAttribute("aria-pressed", String(chosen.has(name)));
    paintParameters();
    const list = [...chosen].filter((each) => each !== "swish");
    write({ act: list.join() === FIRST.join() ? null : list.join() });
    changed();
  });
  host.addEventListener("input", (event) => {
    if (event.target === search) return paintChips();
    const { of, parameter } = event.target.dataset;
    if (!of) return;
    values[of][parameter] = Number(event.target.value);
    host.querySelector(`[data-value="${event.target.id}"]`).textContent = fixed(values[of][parameter], 2);
    changed();
  });
  onTheme(paintChips);
  paintChips();
  paintParameters();
  return {
    /** The chosen records, in the registry's order. */
    chosen: () => activations.filter((each) => chosen.has(each.name)),
    /** @param {string} name */
    parameters: (name) => values[name],
  };
}
