/**
 * Offers the activations: those chosen, a searchable list by family; and sets their parameters, by
 * a slider and an exact entry for each.
 */

import { fieldOf, rove } from "../core/controls.js";
import { closest, fill, find, findAll, html, short, t } from "../core/html.js";
import { number } from "../core/state.js";
import { activationColour, isDark, onTheme } from "../core/theme.js";
import { activations } from "../generated/activations.js";

const DASHES = {
  solid: "",
  dash: "5 3",
  dot: "1.5 2.5",
  dashdot: "5 2 1.5 2",
  longdash: "8 3",
  longdashdot: "8 2 1.5 2",
};

/** A short sample of an activation's line, as its chip shows it. @param {string} dash */
function sampleLine(dash) {
  const dashes = DASHES[/** @type {keyof typeof DASHES} */ (dash)];
  return html`<svg width="18" height="6" viewBox="0 0 18 6" aria-hidden="true"><path
    d="M0 3H18" stroke="currentColor" stroke-width="2.6" stroke-dasharray="${dashes}"/></svg>`;
}

/** @typedef {import("../generated/activations.js").Activation} Activation */

/**
 * @param {HTMLElement} host
 * @param {import("../explore/lab.js").Lab} lab
 */
export function activationPicker(host, lab) {
  const hint = t("explore.search", { count: activations.length });
  fill(
    host,
    html`
    <h2>${t("explore.activations")}</h2>
    <div class="lab-row explore-chosen" data-chosen role="group"
      aria-label="${t("explore.chosen")}"></div>
    <input class="lab-field" type="search" placeholder="${hint}" aria-label="${hint}"
      title="${t("explore.tip_search")}">
    <div class="explore-menu" data-menu tabindex="-1" role="group"
      aria-label="${t("explore.all_activations")}"></div>
    <p class="lab-note explore-what" data-what aria-live="off"></p>
    <div data-parameters></div>`,
  );
  const [chosen, menu, what, values] = ["chosen", "menu", "what", "parameters"].map((name) =>
    find(host, `[data-${name}]`),
  );
  const search = find(host, "input", HTMLInputElement);
  // Swish's β and the typed formula's parameters have controls of their own.
  const own = ["swish", "formula"];
  const parameters = parameterControls(values, lab, () =>
    lab.chosen().filter((each) => !own.includes(lab.keyOf(each))),
  );

  /** @param {Activation} each @param {boolean} pressed */
  const chip = ({ name, label, dash }, pressed) =>
    html`<button class="lab-chip" data-name="${name}" aria-pressed="${pressed}"
      style="--chip:${activationColour(name)}">${sampleLine(dash)}${label}</button>`;

  function paintChosen() {
    fill(chosen, html`${lab.chosen().map((each) => chip(each, true))}`);
  }

  /** What the menu shows, in a few words: painted anew at each key of a formula, it took 15 ms. */
  let painted = "";
  function paintMenu() {
    const wanted = search.value.trim().toLowerCase();
    const pressed = new Set(lab.chosen());
    const shows = JSON.stringify([wanted, isDark(), ...lab.state.get("act")]);
    if (painted === shows) return;
    painted = shows;
    const families = Map.groupBy(activations, ({ family }) => family);
    const groups = [...families].flatMap(([family, members]) => {
      const title = t(`activations.family.${family}`);
      const found = members.filter(({ name, label }) =>
        `${name} ${label} ${title} ${purpose(name)}`.toLowerCase().includes(wanted),
      );
      const chips = found.map((each) => chip(each, pressed.has(each)));
      return found.length ? [html`<h3>${title}</h3><div class="lab-row">${chips}</div>`] : [];
    });
    const none = html`<span class="lab-note">${t("explore.none_found")}</span>`;
    fill(menu, html`${groups.length ? groups : none}`);
  }

  host.addEventListener("click", (event) => {
    const name = closest(event.target, "[data-name]")?.dataset.name;
    if (name) lab.toggle(name);
  });
  /** @param {Event} event */
  const describe = (event) => {
    const name = closest(event.target, "[data-name]")?.dataset.name;
    if (name) what.textContent = about(name);
  };
  host.addEventListener("pointerover", describe);
  host.addEventListener("focusin", describe);
  search.addEventListener("input", paintMenu);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const wanted = search.value.trim().toLowerCase();
    const found = findAll(menu, "[data-name]");
    const named = found.find(({ dataset, textContent }) =>
      [dataset.name, textContent?.trim().toLowerCase()].includes(wanted),
    );
    // The one of that name is meant, or the one that is left.
    const meant = named ?? (found.length === 1 ? found[0] : null);
    if (meant) lab.toggle(meant.dataset.name ?? "");
  });
  function paint() {
    paintChosen();
    paintMenu();
    parameters.paint();
    what.textContent = about("swish");
  }
  /** @param {string} name */
  const purpose = (name) => t(`activations.purpose.${name}`);
  /** @param {string} name */
  function about(name) {
    const record = activations.find((each) => each.name === name);
    return record ? `${record.label}, ${record.year}: ${purpose(name)}` : name.slice(1);
  }
  onTheme(paint);
  paint();
  rove(chosen, "[data-name]", { removes: true });
  rove(menu, "[data-name]");
  return {
    /** The choice has changed: all anew. The focus stays on the chip that was pressed. */
    paint() {
      const focused = document.activeElement;
      const name = host.contains(focused) && closest(focused, "[data-name]")?.dataset.name;
      const box = menu.contains(focused) ? menu : chosen;
      const top = menu.scrollTop;
      const at = findAll(box, "[data-name]").indexOf(/** @type {HTMLElement} */ (focused));
      paint();
      menu.scrollTop = top;
      if (!name) return;
      const chips = findAll(box, "[data-name]");
      const again = chips.find((each) => each.dataset.name === name);
      // Where it is gone, the next in its place.
      (again ?? chips[Math.min(at, chips.length - 1)] ?? search).focus({ preventScroll: true });
    },
    showParameters: parameters.show,
  };
}

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
