/**
 * Writes a page: HTML from templates, sentences of the one catalogue in the page's
 * language, numbers as one reads them; and its elements found again.
 */

import { entries, language } from "./language.js";

/** HTML that is whole already: it is filled into other HTML as it stands. */
export class Html {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

/** @typedef {Html | string | number | boolean | null | undefined | readonly any[]} Content */

/** Escapes a text for HTML. @param {unknown} value */
const escaped = (value) => String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** @param {Content} value @returns {string} */
function filled(value) {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(filled).join("");
  return value === null || value === undefined ? "" : escaped(value);
}

/**
 * Fills a template: texts are escaped, HTML stands as it is, a list is joined, nothing is empty.
 * @param {TemplateStringsArray} strings
 * @param {...Content} values
 */
export const html = (strings, ...values) => new Html(String.raw(strings, ...values.map(filled)));

/**
 * Puts HTML into an element, in the place of what it held.
 * @param {Element} element @param {Html} content
 */
export function fill(element, content) {
  element.innerHTML = content.text;
}

/**
 * Puts HTML in an element whose buttons may have the focus: it stays on the one of the same name,
 * or goes to the first.
 * @param {Element} element @param {Html} content @param {string} attribute Holds a button's name.
 */
export function refill(element, content, attribute) {
  const active = document.activeElement;
  const held = element.contains(active) ? (active?.getAttribute(attribute) ?? null) : null;
  fill(element, content);
  if (held === null) return;
  const buttons = findAll(element, `[${attribute}]`);
  const again = buttons.find((each) => each.getAttribute(attribute) === held);
  (again ?? buttons[0])?.focus({ preventScroll: true });
}

/** Puts HTML in an element's own place. @param {Element} element @param {Html} content */
export function replace(element, content) {
  element.outerHTML = content.text;
}

/**
 * The first element that a selector finds within another.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} host
 * @param {string} selector
 * @param {new () => T} [kind]
 * @returns {T}
 * @throws {Error} Where there is none, or one of another kind.
 */
export function find(host, selector, kind) {
  const found = host.querySelector(selector);
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`nothing fits ${selector}`);
  return /** @type {any} */ (found);
}

/**
 * All elements that a selector finds within another.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} host
 * @param {string} selector
 * @param {new () => T} [kind] Others are left out.
 * @returns {T[]}
 */
export function findAll(host, selector, kind) {
  const wanted = kind ?? HTMLElement;
  return /** @type {any} */ (
    [...host.querySelectorAll(selector)].filter((each) => each instanceof wanted)
  );
}

/**
 * Brings in sight what a press has begun, where it lies below: on a phone a form stands above it.
 * @param {Element} element
 */
export function reveal(element) {
  const { top } = element.getBoundingClientRect();
  if (top < innerHeight - 160) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  scrollBy({ top: top - innerHeight / 3, behavior: calm ? "instant" : "smooth" });
}

/**
 * A finder of the elements within one that are marked with `data-part`.
 * @param {ParentNode} host
 * @returns {<T extends Element = HTMLElement>(name: string, kind?: new () => T) => T}
 */
export const partsOf = (host) => (name, kind) => find(host, `[data-part="${name}"]`, kind);

/**
 * The element that an event's target stands in, itself counted.
 * @param {EventTarget | null} target
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export const closest = (target, selector) =>
  target instanceof Element ? /** @type {HTMLElement | null} */ (target.closest(selector)) : null;

/**
 * Writes a text where another stood: into its node, so that nobody is told of nodes that come.
 * @param {Element} element @param {string} text
 */
export function setText(element, text) {
  const [node, ...more] = element.childNodes;
  if (!(node instanceof Text) || more.length) element.textContent = text;
  else if (node.data !== text) node.data = text;
}

/** Lets the browser paint, and answer its reader, before what follows. */
export const pause = () =>
  /** @type {any} */ (globalThis).scheduler?.yield?.() ?? new Promise((done) => setTimeout(done));

/**
 * The sentence of a key, its {placeholders} filled.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const sentence = entries[key];
  if (sentence === undefined) throw new Error(`no text for ${key}`);
  return sentence.replace(/\{(\w+)\}/g, (all, name) =>
    name in values ? String(values[name]) : all,
  );
}

/**
 * A number as a reader reads it: a true minus sign, fixed digits.
 * @param {number} value @param {number} digits
 */
export function fixed(value, digits) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "–";
  const text = value.toFixed(digits);
  return (/^-0\.?0*$/.test(text) ? text.slice(1) : text).replace("-", "−");
}

/**
 * As `fixed`, but what that would show as nothing, or as too much, in few digits.
 * @param {number} value @param {number} digits
 */
export function compact(value, digits) {
  const size = Math.abs(value);
  return size >= 1e5 || (size > 0 && size < 10 ** -digits) ? short(value, 3) : fixed(value, digits);
}

/** A number with narrow spaces between its thousands: 10 000. @param {number} value */
export const grouped = (value) =>
  value >= 10_000 ? value.toLocaleString("en").replace(/,/g, "\u202f") : short(value, 12);

/** The time of day, with the date where it is another one. @param {number} seconds Since 1970. */
export function moment(seconds) {
  const at = new Date(seconds * 1000);
  /** @type {Intl.DateTimeFormatOptions} */
  const time = { hour: "2-digit", minute: "2-digit" };
  const today = at.toDateString() === new Date().toDateString();
  return at.toLocaleString(language, today ? time : { month: "short", day: "numeric", ...time });
}

const RAISED = {
  "-": "⁻",
  0: "⁰",
  1: "¹",
  2: "²",
  3: "³",
  4: "⁴",
  5: "⁵",
  6: "⁶",
  7: "⁷",
  8: "⁸",
  9: "⁹",
};

/** A whole number as an exponent. @param {number} value */
export const raised = (value) =>
  [...String(value)].map((sign) => RAISED[/** @type {keyof typeof RAISED} */ (sign)]).join("");

/**
 * As `short`, with powers of ten written out: 5.66·10⁻⁸.
 * @param {number} value @param {number} [digits]
 */
export function powers(value, digits = 6) {
  if (!Number.isFinite(value) || value === 0) return short(value, digits);
  const [head, exponent] = value.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  if (power >= -4 && power < digits) return short(value, digits);
  return `${short(Number(head), digits)}·10${raised(power)}`;
}

/**
 * A number in as few digits as say it to `digits` significant ones.
 * @param {number} value @param {number} [digits]
 */
export function short(value, digits = 6) {
  if (!Number.isFinite(value)) return fixed(value, 0);
  return String(Number(value.toPrecision(digits))).replace(/-/g, "−");
}
