/**
 * Follows Gradio's own parts of the page: when they are there, and what they refuse; asks for work
 * by Gradio's events; and mends its fields for the keyboard and for screen readers: radio buttons
 * of one group, names of what removes a choice, tips that belong to their field and go by Escape.
 */

import { rove } from "./controls.js";
import { closest, findAll, t } from "./html.js";
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

let count = 0;
/** An element's id, made where it has none. @param {Element} node */
const idOf = (node) => {
  if (!node.id) node.id = `lab-said-${count++}`;
  return node.id;
};

/** @param {Element} node @param {string} name @param {string} value */
function set(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/**
 * Mends a column of fields now and whenever it changes.
 * @param {HTMLElement} column
 * @param {Record<string, string>} titles Selectors of its cards that show no heading, and theirs.
 */
export function mendFields(column, titles) {
  let waits = false;
  const mend = () => {
    waits = false;
    headings(column, titles);
    for (const group of findAll(column, "fieldset")) choices(group);
    for (const field of findAll(column, ".wrap-inner:has(.token-remove)")) tokens(field);
    for (const tip of findAll(column, ".info-text")) describe(tip);
  };
  new MutationObserver(() => {
    // What scrolls is a Tab stop in Chromium, and this one goes as its field is left: it is mended
    // before the next key.
    for (const list of findAll(column, '[role="listbox"]')) list.tabIndex = -1;
    if (!waits) requestAnimationFrame(mend);
    waits = true;
  }).observe(column, { childList: true, subtree: true, characterData: true });
  mend();
  closeTips(column);
  column.addEventListener("click", ({ target }) => keepTyped(target), { capture: true });
}

const GIVEN = 10; // frames in which Gradio has given a new field its value, at the latest

/**
 * Keeps what is typed in a group as it opens: Gradio makes its fields then, and gives them what
 * they begin with frames later. These are long on a slow machine, and keys as fast as ever.
 * @param {EventTarget | null} target What was clicked.
 */
function keepTyped(target) {
  const group = closest(target, ".label-wrap:not(.open)")?.closest(".gr-accordion");
  if (!group) return;
  /** @type {Map<any, { before: string, typed: string }>} */
  const fields = new Map();
  const giveBack = () => {
    for (const [field, { before, typed }] of fields) {
      if (field.value === typed || field.value !== before) continue;
      field.value = typed;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };
  /** @param {any} event */
  const come = ({ target: field }) =>
    fields.has(field) || fields.set(field, { before: field.value, typed: field.value });
  /** @param {any} event */
  const typed = ({ target: field }) => {
    const noted = fields.get(field);
    if (noted) noted.typed = field.value;
  };
  group.addEventListener("focusin", come);
  group.addEventListener("beforeinput", giveBack); // the next key goes on from what was typed
  group.addEventListener("input", typed);
  let frames = 0;
  requestAnimationFrame(function look() {
    giveBack();
    frames += 1;
    if (frames < GIVEN) return requestAnimationFrame(look);
    group.removeEventListener("focusin", come);
    group.removeEventListener("beforeinput", giveBack);
    group.removeEventListener("input", typed);
  });
}

/**
 * Headings of the cards: one that is read and not seen, and an accordion's own button.
 * @param {HTMLElement} column @param {Record<string, string>} titles
 */
function headings(column, titles) {
  for (const [selector, title] of Object.entries(titles)) {
    const [card] = findAll(column, selector);
    if (!card || card.querySelector(":scope > h2")) continue;
    const heading = document.createElement("h2");
    heading.className = "lab-sr";
    heading.textContent = title;
    card.prepend(heading);
  }
  for (const button of findAll(column, ".gr-accordion > .label-wrap")) {
    const heading = document.createElement("h2");
    heading.className = "lab-accordion";
    button.replaceWith(heading);
    heading.append(button);
    button.querySelector(".icon")?.setAttribute("aria-hidden", "true");
    const tell = () => button.setAttribute("aria-expanded", `${button.matches(".open")}`);
    new MutationObserver(tell).observe(button, { attributeFilter: ["class"] });
    tell();
  }
}

/** Choices of one field: radio buttons exclude each other, boxes are one Tab stop. */
function choices(/** @type {HTMLElement} */ group) {
  const title = group.querySelector('[data-testid="block-info"]');
  if (title) set(group, "aria-labelledby", idOf(title));
  const buttons = findAll(group, "input[type=radio]", HTMLInputElement);
  if (!buttons.length) return rove(group, "input[type=checkbox]");
  set(group, "role", "radiogroup");
  joined(group);
  if (known.has(group)) return;
  known.add(group);
  // At once, and not in the next frame: a second key may come before that.
  new MutationObserver(() => joined(group)).observe(group, {
    childList: true,
    subtree: true,
    attributeFilter: ["name"],
  });
}

const known = new WeakSet();

/** Gradio names each radio button apart: then each is a group. @param {Element} group */
function joined(group) {
  const buttons = findAll(group, "input[type=radio]", HTMLInputElement);
  const chosen = buttons.find(({ checked }) => checked);
  for (const button of buttons) set(button, "name", `${idOf(group)}-choice`);
  if (chosen && !chosen.checked) chosen.checked = true;
}

/** What is chosen in a menu of several: each can be removed, and is called by its name. */
function tokens(/** @type {HTMLElement} */ field) {
  for (const token of findAll(field, ".token")) {
    const [button] = findAll(token, ".token-remove");
    const name = t("shell.remove", { name: (token.textContent ?? "").trim() });
    if (!button) continue;
    set(button, "aria-label", name);
    set(button, "title", name);
  }
  const [clear] = findAll(field, ".remove-all");
  const label = field.querySelector("input")?.getAttribute("aria-label") ?? "";
  if (clear) {
    set(clear, "aria-label", t("shell.clear", { name: label }));
    set(clear, "title", t("shell.clear", { name: label }));
  }
  rove(field, ".token > .token-remove", { removes: true });
}

/** Has a field told what its tip says. @param {HTMLElement} tip */
function describe(tip) {
  const block = tip.closest(".block");
  if (!block) return;
  const field = block.matches("fieldset") ? block : block.querySelector("input, textarea");
  if (field) set(field, "aria-describedby", idOf(tip));
}

/** Escape puts tips away until another field is come to. @param {HTMLElement} column */
function closeTips(column) {
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") column.dataset.tips = "closed";
  });
  const back = () => delete column.dataset.tips;
  column.addEventListener("focusout", back);
  column.addEventListener("pointerover", ({ target, relatedTarget }) => {
    const [to, from] = [target, relatedTarget].map((each) => closest(each, ".block"));
    if (to !== from) back();
  });
}
