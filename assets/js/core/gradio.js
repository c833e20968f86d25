/**
 * Follows Gradio's own parts of the page: when they are there, and what they refuse; and asks for
 * work by Gradio's events.
 */

import { announce } from "./job_news.js";
import { isAlive, UNANSWERED } from "./server.js";

/**
 * @typedef {object} Component What Gradio gives to a module's `mount`.
 * @property {HTMLElement} element
 * @property {any} props
 * @property {(event: string) => void} trigger Raises an event of the component.
 * @property {(prop: string, changed: () => void) => void} watch
 */

const REFUSED = ".validation-error";
const ANSWER_DRAWN = 400; // milliseconds

/**
 * The element of an id, as soon as Gradio has made it: its components come in no sure order.
 * @param {string} id
 * @returns {Promise<HTMLElement>}
 */
export function whenThere(id) {
  return new Promise((done) => {
    const look = () => {
      const node = document.getElementById(id);
      if (node) done(node);
      return node;
    };
    if (look()) return;
    // What is in a closed group may never be made: looking at each frame would never end.
    const observer = new MutationObserver(() => {
      if (!document.getElementById(id)) return;
      observer.disconnect();
      requestAnimationFrame(look); // what came with it is there then too
    });
    observer.observe(document, { childList: true, subtree: true });
  });
}

/**
 * Calls `heard` after each click, once the server's answer to it has been drawn.
 * @param {HTMLElement} button Gradio's.
 * @param {() => void} heard
 */
export function onAnswered(button, heard) {
  button.addEventListener("click", () => {
    // Gradio's answer, taken or refused, is the next to this address.
    const answered = new PerformanceObserver((list) => {
      if (!list.getEntries().some(({ name }) => name.includes("/queue/join"))) return;
      answered.disconnect();
      setTimeout(heard, ANSWER_DRAWN);
    });
    answered.observe({ type: "resource" });
  });
}

/**
 * Goes to the first field that was refused.
 * @param {string} fields A selector of what holds them.
 * @param {(words: string, wrong: boolean) => void} [say] Says the reason where the reader was, too.
 * @returns {boolean} Whether there is one to be seen.
 */
export function goToRefused(fields, say) {
  /** @type {NodeListOf<HTMLElement>} */
  const reasons = document.querySelectorAll(`${fields} ${REFUSED}`);
  const reason = [...reasons].find((each) => each.offsetParent);
  if (!reason) return false;
  const words = (reason.textContent ?? "").trim();
  announce(words);
  say?.(words, true);
  reason.scrollIntoView({ block: "center" });
  /** @type {HTMLElement | null | undefined} */
  const field = reason.closest(".block")?.querySelector("input, textarea");
  field?.setAttribute("aria-invalid", "true");
  field?.addEventListener("input", () => field.removeAttribute("aria-invalid"), { once: true });
  field?.focus({ preventScroll: true });
  return true;
}

/** Whether a field of this group was refused, seen or not. @param {Element} group */
export const holdsRefused = (group) => Boolean(group.querySelector(REFUSED));

const LOOK_AGAIN = 3000; // milliseconds

/**
 * Begins or continues work on a device. It is asked for by an event of Gradio's queue, and by no
 * route: only with those does the page send along whose time on a Space's GPU it is to be.
 *
 * One question comes after the other: each is the component's value while it is asked, and then its
 * answer is (`swishdemo.ui.in_gradio.beginning`).
 * @param {Component} component
 * @returns {(event: string, asked: object) => Promise<any>} `{error}` where it is refused.
 */
export function beginner({ props, trigger, watch }) {
  let call = 0;
  /** @type {(answer: any) => void} */
  let answered = () => {};
  /** @type {Promise<any>} */
  let last = Promise.resolve();
  watch("value", () => {
    if (props.value?.call === call && props.value.answer) answered(props.value.answer);
  });

  /** @param {string} event @param {object} asked */
  const ask = (event, asked) =>
    new Promise((done) => {
      // Who was asked may be gone; another server knows nothing of it.
      const look = setInterval(async () => {
        if (!(await isAlive())) answered(UNANSWERED);
      }, LOOK_AGAIN);
      answered = (answer) => {
        clearInterval(look);
        done(answer);
      };
      call += 1;
      props.value = { ...asked, call };
      trigger(event);
    });

  return (event, asked) => {
    last = last.then(() => ask(event, asked));
    return last;
  };
}
