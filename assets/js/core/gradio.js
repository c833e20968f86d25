/** Follows Gradio's own parts of the page: when they are there, and what they refuse. */

/**
 * @typedef {object} Component What Gradio gives to a module's `mount`.
 * @property {HTMLElement} element
 * @property {any} props
 * @property {(event: string) => void} trigger Raises an event of the component.
 * @property {(prop: string, changed: () => void) => void} watch
 * @property {import("./server.js").Functions} server
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
      else requestAnimationFrame(look);
    };
    look();
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
 * @param {(words: string, wrong: boolean) => void} say Says the reason where the reader was, too.
 * @returns {boolean} Whether there is one to be seen.
 */
export function goToRefused(fields, say) {
  /** @type {NodeListOf<HTMLElement>} */
  const reasons = document.querySelectorAll(`${fields} ${REFUSED}`);
  const reason = [...reasons].find((each) => each.offsetParent);
  if (!reason) return false;
  say((reason.textContent ?? "").trim(), true);
  reason.scrollIntoView({ block: "center" });
  /** @type {HTMLElement | null | undefined} */
  const field = reason.closest(".block")?.querySelector("input, textarea");
  field?.focus({ preventScroll: true });
  return true;
}

/** Whether a field of this group was refused, seen or not. @param {Element} group */
export const holdsRefused = (group) => Boolean(group.querySelector(REFUSED));
