/** What the reader reads, in the page's language, from the one catalogue. */

import { entries, language } from "./language.js";

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
