/** A formula that goes from the Explore tab to another, which may not have been opened yet. */

import { openTab } from "./header.js";
import { read, write } from "./state.js";

/** What a tab has been handed, and its property in the address. */
const TABS = {
  train: { property: "rival", control: "lab-rivals", formula: null, taken: null },
  time: { property: "variant", control: "lab-time-formula", formula: null, taken: null },
};
const formula = (text) =>
  text.startsWith("=") && text.length > 1 && text.length <= 210 ? text : undefined;

/** Opens a tab with a formula filled in. @param {"train" | "time"} tab @param {string} name "=x*sigmoid(x)" */
export function hand(tab, name) {
  const to = TABS[tab];
  to.formula = name;
  write({ [to.property]: name });
  openTab(tab);
  to.taken?.();
  // The control that it fills lies below others; a tab that opens first has to be laid out.
  whenThere(to.control).then((control) =>
    setTimeout(() => control.scrollIntoView({ block: "center" }), 200),
  );
}

/**
 * Calls back when the tab is handed a formula: now, where it has been or the address names one.
 * @param {"train" | "time"} tab
 * @param {() => void} taken
 */
export function onHanded(tab, taken) {
  const to = TABS[tab];
  to.formula ??= read(to.property, formula, null);
  to.taken = taken;
  if (to.formula) taken();
}

/** The formula that a tab was handed last. @param {"train" | "time"} tab */
export const handed = (tab) => TABS[tab].formula;

/** The element of an id, as soon as Gradio has made it: its components come in no sure order. */
export function whenThere(id) {
  return new Promise((done) => {
    const look = () => {
      const node = document.getElementById(id);
      if (node) done(node);
      else requestAnimationFrame(look);
    };
    look();
  });
}
