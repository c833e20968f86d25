/** A typed formula in the browser: its record, and what doubles make of it far out. */

import * as server from "../core/server.js";
import { fixed, short, t } from "../core/text.js";
import { sample } from "../plot/sampling.js";

/** Relative differences above this are told: a curve that is wrong by more can be seen. */
const WRONG = 1e-6;
const STEPS = 40;
/** Gaps nearer to each other than this are one. */
const NEAR = 0.2;

/** @typedef {import("../generated/activations.js").Activation} Activation */

/**
 * @typedef {object} TypedFormula What the server says of a formula, and its record.
 * @property {string} text As it was typed.
 * @property {string} name `=` and the formula, with what was left out written out.
 * @property {string} mathml The formula as it was understood.
 * @property {Activation} record
 * @property {"smooth" | "kinks" | "jumps"} shape
 * @property {number[]} at Where it is not smooth.
 * @property {[x: number, exact: number | string | null][]} probes
 * @property {[at: number, length: number, name: string][]} places Of the parameters in the formula
 *   of the name.
 * @property {undefined} [error]
 */

/** @typedef {{error: string, column?: number}} Refusal */

/** @type {Map<string, TypedFormula>} What was loaded lately, by the formula's text. */
const kept = new Map();
const KEPT = 30;

/**
 * What the server says of a formula, with its record in place of the module's text.
 * @param {string} text
 * @returns {Promise<TypedFormula | Refusal>} A refusal where it is none, or its code does not run.
 */
export async function typedRecord(text) {
  const before = kept.get(text);
  if (before) return before;
  const answer = await server.ask("describe", { given: { formula: text } });
  if (answer.error) return answer;
  const source = answer.module.replace(
    '"../formulas/special_functions.js"',
    JSON.stringify(new URL("./special_functions.js", import.meta.url).href),
  );
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    /** @type {{activation: Activation}} */
    const { activation } = await import(address);
    harmless(activation);
    // Where f is not, its derivatives are not, though their own formulas may be.
    for (const key of /** @type {const} */ (["df", "d2f"])) {
      const derivative = activation[key];
      activation[key] = (/** @type {number} */ x, /** @type {any} */ p) =>
        Number.isNaN(activation.f(x, p)) ? NaN : derivative(x, p);
    }
    const loaded = { ...answer, record: activation, text };
    kept.set(text, loaded);
    if (kept.size > KEPT) kept.delete([...kept.keys()][0]);
    return loaded;
  } catch (error) {
    console.error(error);
    return { error: t("formula.no_code") };
  } finally {
    URL.revokeObjectURL(address);
  }
}

/**
 * Makes what fails in a formula's code no number: whatever it is, the other curves are drawn.
 * @param {Activation} activation
 */
function harmless(activation) {
  /**
   * @template {any[]} G, R
   * @param {(...given: G) => R} call
   * @param {R} otherwise
   * @returns {(...given: G) => R}
   */
  const safe = (call, otherwise) => {
    let reported = false;
    return (...given) => {
      try {
        return call(...given);
      } catch (error) {
        if (!reported) console.error(error);
        reported = true;
        return otherwise;
      }
    };
  };
  for (const key of /** @type {const} */ (["f", "df", "d2f"]))
    activation[key] = safe(activation[key], NaN);
  for (const key of Object.keys(activation.dparameters))
    activation.dparameters[key] = safe(activation.dparameters[key], NaN);
  if (typeof activation.breaks === "function") activation.breaks = safe(activation.breaks, []);
}

/** What it is, in a line: how smooth, how many parameters. @param {TypedFormula} formula */
export function summary({ shape, at, record }) {
  const places =
    at
      .slice(0, 4)
      .map((x) => short(x, 4))
      .join(", ") + (at.length > 4 ? " …" : "");
  const gaps = shape === "smooth" ? gapsOf(record) : [];
  const near =
    gaps
      .slice(0, 4)
      .map((x) => short(x, 3))
      .join(", ") + (gaps.length > 4 ? " …" : "");
  const how = gaps.length
    ? t("formula.gaps_near", { places: near })
    : at.length
      ? t(`formula.${shape}_at`, { places })
      : t(`formula.${shape}`);
  const count = record.parameters.length;
  const named = count === 1 ? t("formula.one_parameter") : t("formula.parameters", { count });
  return `${how} · ${named}`;
}

/**
 * Where a formula of one piece is broken or stops all the same: at poles, and at its domain's ends.
 * @param {Activation} record
 */
function gapsOf(record) {
  const defaults = Object.fromEntries(record.parameters.map((each) => [each.name, each.default]));
  const { x, y } = sample((at) => record.f(at, defaults), [], [-10, 10], 4);
  // About a pole there are many gaps; they are one place, in their middle.
  /** @type {number[][]} */
  const clusters = [];
  x.forEach((place, at) => {
    if (place === null || y[at] !== null || (at > 0 && y[at - 1] === null)) return;
    const last = clusters.at(-1);
    if (last && place - last[last.length - 1] < NEAR) last.push(place);
    else clusters.push([place]);
  });
  return clusters.map((places) => (places[0] + places[places.length - 1]) / 2);
}

/**
 * Where double arithmetic, or the largest double, is left: found by holding the record's own values
 * against exact ones.
 * @param {TypedFormula} formula
 * @returns {string[]} Sentences.
 */
export function caveats({ probes, record }) {
  const notes = new Set();
  for (const side of [-1, 1]) {
    const out = probes
      .filter(([x]) => Math.sign(x) === side)
      .sort(([a], [b]) => Math.abs(a) - Math.abs(b));
    let good = 0;
    for (const [x, exact] of out) {
      const kind = verdict(record.f(x), exact);
      if (kind === "right") {
        good = x;
        continue;
      }
      if (kind === "undefined") notes.add(t("formula.note_undefined", { x: fixed(x, 0) }));
      else
        notes.add(
          t(`formula.note_${kind}_${side < 0 ? "below" : "above"}`, { x: edge(record.f, good, x) }),
        );
      break;
    }
  }
  return [...notes];
}

/** @param {number} value @param {number | string | null} exact */
function verdict(value, exact) {
  if (exact === null) return "undefined";
  if (typeof exact === "string") return "overflow";
  if (!Number.isFinite(value)) return "lost";
  return Math.abs(value - exact) <= WRONG * Math.max(Math.abs(exact), 1e-290) ? "right" : "lost";
}

/**
 * The place between a good and a bad point from which f is no number, to three digits.
 * @param {(x: number) => number} f @param {number} good @param {number} bad
 */
function edge(f, good, bad) {
  if (Number.isFinite(f(bad))) return short(good, 3);
  let [near, far] = [good, bad];
  for (let step = 0; step < STEPS; step++) {
    const middle = (near + far) / 2;
    if (Number.isFinite(f(middle))) near = middle;
    else far = middle;
  }
  return short(near, 4);
}

/**
 * The formula with its parameters as they stand written into it, as a name for other tabs.
 * @param {{name: string, places: [number, number, string][]}} answer
 * @param {Record<string, number>} values
 */
export function settled({ name: own, places }, values) {
  const text = own.slice(1);
  let [out, from] = ["=", 0];
  for (const [at, length, name] of places) {
    const value = values[name];
    out +=
      text.slice(from, at) +
      (value === 1 ? text.slice(at, at + length) : value < 0 ? `(${value})` : String(value));
    from = at + length;
  }
  return (out + text.slice(from)).trim();
}
