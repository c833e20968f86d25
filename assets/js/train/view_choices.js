/** What the reader picks to see of a run: the choices beside the plots. */

import { escaped, t } from "../core/text.js";

/** What is drawn by layer is left to the run until the reader picks. */
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
export function picks(root, changed) {
  const values = { ...FIRST };
  const control = (name) => root.querySelector(`[data-pick="${name}"]`);

  function paint() {
    for (const group of root.querySelectorAll(".lab-seg[data-pick]")) {
      for (const button of group.querySelectorAll("button")) {
        button.setAttribute(
          "aria-pressed",
          String(button.dataset.value === values[group.dataset.pick]),
        );
      }
    }
    for (const name of ["log_loss", "log_steps"]) control(name).checked = values[name];
  }

  function set(name, value) {
    if (values[name] === value) return;
    values[name] = value;
    paint();
    changed();
  }

  root.addEventListener("click", ({ target }) => {
    const button = target.closest(".lab-seg[data-pick] button");
    if (button) set(button.closest(".lab-seg").dataset.pick, button.dataset.value);
  });
  root.addEventListener("input", ({ target }) => {
    const name = target.dataset?.pick;
    if (!name) return;
    if (target.type === "checkbox") set(name, target.checked);
    else set(name, name === "per_layer" ? target.value : Number(target.value));
  });
  paint();

  /** Fills a menu; one that has a single entry is not shown. */
  function fill(name, words) {
    const menu = control(name);
    const text = JSON.stringify(words);
    if (menu.dataset.words !== text) {
      menu.dataset.words = text;
      menu.innerHTML = words
        .map((word, at) => `<option value="${at}">${escaped(word)}</option>`)
        .join("");
      values[name] = Math.min(values[name], Math.max(0, words.length - 1));
    }
    menu.value = String(values[name]);
    menu.closest("label").hidden = words.length < 2;
  }

  return {
    values: () => ({ ...values }),
    /** Another run is shown: what is drawn by layer is left to it. */
    forget: () => {
      values.per_layer = undefined;
    },
    /** What a run has to pick from. @param {any} answer */
    offer({ layers = 0, seeds = [], looks, quantities = [], per_layer: perLayer }) {
      if (perLayer) control("per_layer").value = perLayer;
      fill(
        "layer",
        Array.from({ length: layers }, (_, at) => t("run.layer", { number: at + 1 })),
      );
      fill(
        "seed",
        seeds.length > 1
          ? [t("run.all_seeds"), ...seeds.map((seed) => t("run.one_seed", { seed }))]
          : [],
      );
      if (looks) fill("look", looks);
      for (const button of control("quantity").querySelectorAll("button"))
        button.hidden = !quantities.includes(button.dataset.value);
      control("quantity").hidden = quantities.length < 2;
      // The bands are of β and of |β|.
      root.querySelector(".train-bands").hidden =
        !quantities.includes("size") || ["effective", "own"].includes(values.quantity);
      if (quantities.length && !quantities.includes(values.quantity))
        set("quantity", quantities[0]);
    },
  };
}
