/** Lets the reader pick what to see of a run: the choices beside the plots. */

import { closest, fieldOf, find, findAll, offer, press } from "../core/dom.js";
import { roveRows } from "../core/roving.js";
import { t } from "../core/text.js";

/** @type {Record<string, any>} What is drawn by layer is left to the run until the reader picks. */
const FIRST = {
  quantity: "size",
  layer: 0,
  seed: 0,
  look: 0,
  per_layer: undefined,
  smooth: 0,
  log_loss: true,
  log_steps: false,
};

/**
 * @param {HTMLElement} root Holds the controls, each marked with `data-pick`.
 * @param {() => void} changed
 */
export function viewChoices(root, changed) {
  const values = { ...FIRST };
  /** @template {Element} [T=HTMLElement] @param {string} name @param {new () => T} [kind] */
  const control = (name, kind) => find(root, `[data-pick="${name}"]`, kind);

  function paint() {
    for (const group of findAll(root, ".lab-seg[data-pick]")) {
      const value = values[group.dataset.pick ?? ""];
      press(findAll(group, "button"), ({ dataset }) => dataset.value === value);
    }
    for (const name of ["log_loss", "log_steps"])
      control(name, HTMLInputElement).checked = values[name];
  }

  /** @param {string} name @param {unknown} value */
  function set(name, value) {
    if (values[name] === value) return;
    values[name] = value;
    paint();
    changed();
  }

  root.addEventListener("click", ({ target }) => {
    const button = closest(target, ".lab-seg[data-pick] button");
    const name = closest(button, ".lab-seg")?.dataset.pick;
    if (button && name) set(name, button.dataset.value);
  });
  root.addEventListener("input", (event) => {
    const field = fieldOf(event);
    const name = field.dataset?.pick;
    if (!name) return;
    if (field.type === "checkbox") set(name, /** @type {HTMLInputElement} */ (field).checked);
    else set(name, name === "per_layer" ? field.value : Number(field.value));
  });
  paint();
  roveRows(root);

  /**
   * Fills a menu; one that has a single entry is not shown.
   * @param {string} name @param {string[]} words
   */
  function entries(name, words) {
    const menu = control(name, HTMLSelectElement);
    const before = menu.dataset.shown;
    offer(
      menu,
      words.map((word, at) => [String(at), word]),
      "",
    );
    if (menu.dataset.shown !== before)
      values[name] = Math.min(values[name], Math.max(0, words.length - 1));
    menu.value = String(values[name]);
    menu.closest("label")?.toggleAttribute("hidden", words.length < 2);
  }

  return {
    values: () => ({ ...values }),
    /** Another run is shown: what is drawn by layer is left to it. */
    forget: () => {
      values.per_layer = undefined;
    },
    /** What a run has to pick from. @param {any} answer */
    offer({ layers = 0, seeds = [], looks, quantities = [], per_layer: perLayer }) {
      if (perLayer) control("per_layer", HTMLSelectElement).value = perLayer;
      entries(
        "layer",
        Array.from({ length: layers }, (_, at) => t("run.layer", { number: at + 1 })),
      );
      const named = seeds.map((/** @type {number} */ seed) => t("run.one_seed", { seed }));
      entries("seed", seeds.length > 1 ? [t("run.all_seeds"), ...named] : []);
      if (looks) entries("look", looks);
      for (const button of findAll(control("quantity"), "button"))
        button.hidden = !quantities.includes(button.dataset.value);
      control("quantity").hidden = quantities.length < 2;
      // The bands are of β and of |β|.
      find(root, ".train-bands").hidden =
        !quantities.includes("size") || ["effective", "own"].includes(values.quantity);
      if (quantities.length && !quantities.includes(values.quantity))
        set("quantity", quantities[0]);
    },
  };
}
