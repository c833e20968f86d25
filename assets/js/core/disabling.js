/**
 * Buttons that cannot be pressed for a while. A disabled element drops the focus, and with it the
 * place of who works by keys; these keep it.
 */

import { closest } from "./dom.js";

/** @param {HTMLElement} button @param {boolean} [wanted] */
export function disable(button, wanted = true) {
  button.setAttribute("aria-disabled", String(wanted));
}

/** @param {HTMLElement} button */
export const isDisabled = (button) => button.getAttribute("aria-disabled") === "true";

addEventListener(
  "click",
  (event) => {
    if (!closest(event.target, '.lab-btn[aria-disabled="true"]')) return;
    event.preventDefault(); // a form is not sent
    event.stopImmediatePropagation();
  },
  { capture: true },
);
