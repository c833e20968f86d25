/** Hands a formula from the Explore tab to another, which may not have been opened yet. */

import { whenThere } from "./gradio.js";
import { read, write } from "./state.js";
import { openTab } from "./tabs.js";

/**
 * @typedef {object} Receiver
 * @property {string} property In the address.
 * @property {string} control Gradio's, that is filled.
 * @property {string | null} formula What it was handed last.
 * @property {(() => void) | null} taken
 */

/** @type {Record<"train" | "time", Receiver>} */
const TABS = {
  train: { property: "rival", control: "lab-rivals", formula: null, taken: null },
  time: { property: "variant", control: "lab-time-formula", formula: null, taken: null },
};
/** @param {string} text */
const formula = (text) =>
  text.startsWith("=") && text.length > 1 && text.length <= 210 ? text : undefined;

/**
 * Opens a tab with a formula filled in.
 * @param {"train" | "time"} tab @param {string} name "=x*sigmoid(x)"
 */
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
  to.formula ??= read(to.property, formula, /** @type {string | null} */ (null));
  to.taken = taken;
  if (to.formula) taken();
}

/** The formula that a tab was handed last. @param {"train" | "time"} tab */
export const handed = (tab) => TABS[tab].formula;
