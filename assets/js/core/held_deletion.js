/**
 * Holds a deletion back for ten seconds, in which it can be taken back. It is sent at their end, or
 * when the page is left; a page that dies before has deleted nothing.
 */

import { fill, html } from "./dom.js";
import { announce } from "./job_news.js";
import { attempt, deleteAtLast } from "./server.js";
import { t } from "./text.js";

const MILLISECONDS = 10_000;

/** @typedef {(refusal?: string) => void} Done */

/** @type {Map<string, {timer: ReturnType<typeof setTimeout>, done: Done}>} By the path of REST. */
const held = new Map();

/** Whether what lies at a path is to be deleted. @param {string} path */
export const isHeld = (path) => held.has(path);

/**
 * Deletes what lies at a path, unless that is taken back.
 * @param {string} path @param {string} name What it is called.
 * @param {Done} done Called once it is gone, or the server has refused.
 */
export function holdDeletion(path, name, done) {
  takeBack(path);
  const timer = setTimeout(async () => {
    held.delete(path);
    done((await attempt(path, { method: "DELETE" })).error);
  }, MILLISECONDS);
  held.set(path, { timer, done });
  announce(t("shell.deleted", { name }));
}

/** Keeps what was to be deleted. @param {string} path */
export function takeBack(path) {
  clearTimeout(held.get(path)?.timer);
  held.delete(path);
}

/**
 * Says what is to be deleted, beside the button that takes it back.
 * @param {string} path @param {string} name
 */
export const heldNotice = (path, name) =>
  html`<span class="lab-note">${t("shell.deleted", { name })}</span>
    <button class="lab-btn" type="button" data-undo="${path}"
      aria-label="${t("shell.undo_name", { name })}">${t("shell.undo")}</button>`;

/** Shows such a notice in a place, or nothing. @param {Element} place */
export function showHeld(place, path = "", name = "") {
  fill(place, path ? heldNotice(path, name) : html``);
}

window.addEventListener("pagehide", () => {
  for (const [path, { timer, done }] of held) {
    clearTimeout(timer);
    deleteAtLast(path).then(
      () => done(),
      () => {},
    );
  }
  held.clear();
});
