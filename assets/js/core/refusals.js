/** What Gradio has refused: at which field its reason stands, and when. */

const REFUSED = ".validation-error";
const ANSWER_DRAWN = 400; // milliseconds

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
  const reason = [...document.querySelectorAll(`${fields} ${REFUSED}`)].find(
    (each) => each.offsetParent,
  );
  if (!reason) return false;
  say(reason.textContent.trim(), true);
  reason.scrollIntoView({ block: "center" });
  reason.closest(".block")?.querySelector("input, textarea")?.focus({ preventScroll: true });
  return true;
}

/** Whether a field of this group was refused, seen or not. @param {HTMLElement} group */
export const holdsRefused = (group) => Boolean(group.querySelector(REFUSED));
