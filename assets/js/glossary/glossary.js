/**
 * Explains the terms of the field: each is underlined where it stands in a label or a head, and a
 * tap or Enter opens two lines and a picture.
 *
 * A term is no Tab stop, so that none is on the way to a tab's controls: Alt + / goes to the terms
 * of the card that has the focus, arrow keys go on, Escape goes back; the page's foot has a button
 * for the same.
 */

import { closest, fill, findAll, html, t } from "../core/html.js";
import { TERMS } from "./terms.js";

/** Where labels, heads and figures' names stand, in our parts and in Gradio's. */
const PLACES = [
  ".lab h2:not(.lab-sr)",
  ".lab h3",
  ".lab th",
  ".lab label",
  ".lab-label",
  ".lab .lab-badge",
  ".claims-verdict b",
  ".lab-stats",
  ".train-bands",
  ".time-title .lab-note",
  '[data-part="tried"]',
  '[data-part="intro"]',
  '[data-testid="block-info"]',
].join(", ");
/** What is pressed, or is no text: no term stands in these. */
const TAKEN = [
  "button, a, label:has([type=checkbox], [type=radio]), select, input, textarea, summary, svg",
  ".lab-seg, .lab-term, [contenteditable]",
].join(", ");
const CARD = ".lab-card, .block, section, [role=main]";
/** Milliseconds between two looks at what the page shows. */
const REST = 400;
const GAP = 6;

/** @type {Map<string, string>} A phrase → its term. */
const phrases = new Map();
/** Phrases that are meant only where they are the whole label. */
const whole = new Set();
for (const name of Object.keys(TERMS)) {
  for (const written of t(`glossary.${name}.words`).split(";")) {
    const phrase = written.replace(/^=/, "");
    phrases.set(phrase, name);
    if (phrase !== written) whole.add(phrase);
  }
}
const looked = finder([...phrases.keys()]);

/**
 * Finds the longest phrases first, as whole words where they are of Latin letters; one in small
 * letters also at a label's beginning.
 * @param {string[]} list
 */
function finder(list) {
  const each = [...list]
    .sort((one, other) => other.length - one.length)
    .map((phrase) => {
      const plain = phrase.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      const [first] = plain;
      return /^[a-z]/.test(phrase) ? `[${first}${first.toUpperCase()}]${plain.slice(1)}` : plain;
    });
  return new RegExp(`(?<![A-Za-z0-9])(?:${each.join("|")})(?![A-Za-z0-9])`, "g");
}

/** @param {string} phrase */
const termOf = (phrase) =>
  phrases.get(phrase) ?? phrases.get(phrase[0].toLowerCase() + phrase.slice(1));

/** @type {WeakMap<Element, string>} What a place said when it was looked at, and held no term. */
const plain = new WeakMap();

/** Whether a place is in the page and was not looked at yet. @param {HTMLElement} place */
function isNew(place) {
  if (plain.get(place) === place.textContent || place.querySelector(".lab-term")) return false;
  return Boolean(place.offsetParent); // asked last: it may lay the page out
}

/** Underlines the terms of a place. @param {HTMLElement} place */
function underline(place) {
  const words = place.textContent ?? "";
  const nodes = textsOf(place);
  /** @type {Set<string>} Each is underlined once in a place. */
  const seen = new Set();
  for (const node of nodes) {
    const found = [...node.data.matchAll(looked)];
    // From the end, so that what stands before keeps its place; Gradio holds on to the first node.
    for (const match of found.reverse()) {
      const name = termOf(match[0]);
      if (!name || seen.has(name)) continue;
      if (whole.has(match[0]) && node.data.trim() !== match[0]) continue;
      seen.add(name);
      wrap(node, match.index, match[0].length, name);
    }
  }
  if (!seen.size) plain.set(place, words);
}

/** @param {HTMLElement} place @returns {Text[]} */
function textsOf(place) {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) {
    const node = /** @type {Text} */ (walker.currentNode);
    if (node.data.trim() && !node.parentElement?.closest(TAKEN)) nodes.push(node);
  }
  return nodes;
}

/** @param {Text} node @param {number} from @param {number} length @param {string} name */
function wrap(node, from, length, name) {
  const meant = from ? node.splitText(from) : node;
  if (meant.data.length > length) meant.splitText(length);
  const term = document.createElement("span");
  term.className = "lab-term";
  term.dataset.term = name;
  term.setAttribute("role", "button");
  term.setAttribute("aria-expanded", "false");
  term.tabIndex = -1;
  term.addEventListener("keydown", onKey);
  meant.before(term);
  term.append(meant);
}

/** The box with the explanation, one for all. */
const box = document.createElement("div");
box.className = "lab-gloss";
box.id = "lab-gloss";
box.setAttribute("role", "status");
box.hidden = true;

/** @type {HTMLElement | null} The term that is explained. */
let open = null;
/** @type {HTMLElement | null} What had the focus before the terms. */
let before = null;

/** @param {HTMLElement} term */
function explain(term) {
  shut();
  const name = term.dataset.term ?? "";
  const [what, more] = ["what", "more"].map((line) => t(`glossary.${name}.${line}`));
  fill(
    box,
    html`${TERMS[name]()}<div><p><b>${term.textContent}</b> ${what}</p><p>${more}</p></div>`,
  );
  box.hidden = false;
  open = term;
  document.addEventListener("keydown", onEscape, true);
  document.addEventListener("pointerdown", onPress, true);
  term.setAttribute("aria-expanded", "true");
  term.setAttribute("aria-describedby", box.id);
  place(term);
}

/** Puts the box under the term, or over it where there is no room. @param {HTMLElement} term */
function place(term) {
  const at = term.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const most = document.documentElement.clientWidth - width - 8;
  const below = at.bottom + GAP + height <= window.innerHeight;
  const top = below ? at.bottom + GAP : Math.max(GAP, at.top - GAP - height);
  box.style.left = `${Math.max(8, Math.min(at.left, most)) + window.scrollX}px`;
  box.style.top = `${top + window.scrollY}px`;
}

function shut() {
  if (!open) return;
  document.removeEventListener("keydown", onEscape, true);
  document.removeEventListener("pointerdown", onPress, true);
  open.setAttribute("aria-expanded", "false");
  open.removeAttribute("aria-describedby");
  open = null;
  box.hidden = true;
}

/** @param {HTMLElement} term */
const toggle = (term) => (term === open ? shut() : explain(term));

/** @param {ParentNode} card @returns {HTMLElement[]} */
const termsIn = (card) => findAll(card, ".lab-term").filter((each) => each.offsetParent);

/** Goes to the terms of the card that has the focus, or to the first that is in sight. */
export function enter() {
  underlineAll();
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  if (focused && !focused.matches(".lab-term")) before = focused;
  let card = closest(focused, CARD);
  while (card && !termsIn(card).length) card = closest(card.parentElement, CARD);
  const all = termsIn(card ?? document);
  const seen = all.find((each) => each.getBoundingClientRect().top >= 0);
  const first = card ? all[0] : (seen ?? all[0]);
  first?.focus();
}

/** What is open is shut, and nothing else. @param {KeyboardEvent} event */
function onEscape(event) {
  if (event.key !== "Escape") return;
  event.preventDefault();
  event.stopPropagation();
  shut();
}

/** @param {PointerEvent} event */
function onPress({ target }) {
  if (!closest(target, ".lab-gloss, .lab-term")) shut();
}

/** A term's keys. @param {KeyboardEvent} event */
function onKey(event) {
  const term = closest(event.target, ".lab-term");
  if (!term || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return before?.focus();
  if (event.key === "Enter" || event.key === " ") toggle(term);
  else if (!move(term, event.key)) return;
  event.preventDefault();
  event.stopPropagation();
}

/** Arrow keys go from term to term. @param {HTMLElement} term @param {string} key */
function move(term, key) {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
  if (!by) return false;
  const all = termsIn(closest(term, "[role=main]") ?? document);
  all[(all.indexOf(term) + by + all.length) % all.length]?.focus();
  shut();
  return true;
}

/** @param {MouseEvent} event */
function onClick(event) {
  const term = closest(event.target, ".lab-term");
  if (!term) return;
  // A label's field, a row, a card are not meant.
  event.preventDefault();
  event.stopPropagation();
  toggle(term);
}

/** Underlines what is in the page and not hidden. */
function underlineAll() {
  // All are asked before any is changed, or the page would be laid out once for each.
  for (const each of findAll(document, PLACES).filter(isNew)) underline(each);
}

/** Underlines the terms, and those that come; what moves is let alone. */
export function watch() {
  document.body.append(box);
  document.addEventListener("click", onClick, true);
  document.addEventListener(
    "keydown",
    (event) => {
      if (!event.altKey || event.code !== "Slash") return;
      event.preventDefault();
      enter();
    },
    true,
  );
  let held = false;
  document.addEventListener(
    "pointerdown",
    () => {
      held = true;
    },
    true,
  );
  for (const type of ["pointerup", "pointercancel"])
    document.addEventListener(
      type,
      () => {
        held = false;
      },
      true,
    );
  let due = false;
  const later = window.requestIdleCallback ?? setTimeout;
  const look = () => {
    if (held) return void setTimeout(look, REST);
    due = false;
    underlineAll();
    if (open && !open.isConnected) shut();
  };
  const changed = () => {
    if (due) return;
    due = true;
    setTimeout(() => later(look), REST);
  };
  new MutationObserver(changed).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("click", changed, true); // a tab, a card that is opened
  changed();
}
