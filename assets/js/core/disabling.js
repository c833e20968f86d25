/**
 * Buttons that cannot be pressed for a while. What is disabled or hidden drops the focus, and with
 * it the place of who works by keys; these keep it, or hand it on.
 */

import { closest } from "./html.js";

/** @param {HTMLElement} button @param {boolean} [wanted] */
export function disable(button, wanted = true) {
  button.setAttribute("aria-disabled", String(wanted));
}

/** @param {HTMLElement} button */
export const isDisabled = (button) => button.getAttribute("aria-disabled") === "true";

/**
 * Hides a button or shows it; when it goes, the focus that it has goes to another.
 * @param {HTMLElement} button @param {boolean} wanted
 * @param {string} next Selects the one that can be pressed then.
 */
export function hide(button, wanted, next) {
  const held = button === document.activeElement;
  button.hidden = wanted;
  const other = document.querySelector(next);
  if (wanted && held && other instanceof HTMLElement) other.focus({ preventScroll: true });
}

addEventListener(
  "click",
  (event) => {
    if (!closest(event.target, '.lab-btn[aria-disabled="true"]')) return;
    event.preventDefault(); // a form is not sent
    event.stopImmediatePropagation();
  },
  { capture: true },
);
