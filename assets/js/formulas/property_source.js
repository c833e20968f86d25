/**
 * What is known of an activation at its parameters of the moment: shipped with the page where they
 * are the defaults, in closed form for Swish, else computed by the server.
 */

import * as server from "../core/server.js";
import { swishLandmarks } from "./special_functions.js";

/**
 * How long parameters rest before the server is asked, in milliseconds; and how long a formula, for
 * while one is typed, what is said of its beginnings would take the processor from its curve.
 */
const REST = 120;
const FORMULA_REST = 500;
const NEGATED = {
  convex: "concave",
  concave: "convex",
  increasing: "increasing",
  decreasing: "decreasing",
};

/**
 * @typedef {Record<string, any>} Facts As `described` of
 *   swishdemo/activations/analysis/properties.py.
 */

/** @typedef {import("../generated/activations.js").Activation} Activation */

/**
 * @typedef {object} Shown What the facts depend on.
 * @property {import("../core/state.js").State} state
 * @property {Activation} swish
 * @property {(record: Activation) => string} keyOf
 * @property {(record: Activation) => Record<string, number>} values
 */

/** @param {Shown} lab */
export function propertySource(lab) {
  /** @type {Set<(record: Activation) => void>} */
  const listeners = new Set();
  /** @type {Record<string, Facts>} */
  let shipped = {};
  /** @type {Map<string, Facts | {error: string}>} By record and parameters. */
  const known = new Map();
  /** @type {Map<string, {key: string, timer: ReturnType<typeof setTimeout>}>} */
  const waiting = new Map();
  /** @type {Map<string, Facts | {error: string}>} */
  const last = new Map();
  /** @type {{beta: number, facts: Facts | null}} */
  let atBeta = { beta: NaN, facts: null };

  /** @type {Promise<void> | undefined} */
  let loaded;
  /** Loads what is shipped, once somebody asks for it. */
  function ready() {
    loaded ??= import("../generated/properties.js").then(({ properties }) => {
      shipped = properties;
    });
    return loaded;
  }

  /** @param {Activation} record */
  const question = (record) => ({ activation: record.name, parameters: lab.values(record) });

  /** @param {string} key @param {Activation} record @param {object} given */
  function ask(key, record, given) {
    const name = lab.keyOf(record);
    const before = waiting.get(name);
    if (before?.key === key) return;
    clearTimeout(before?.timer);
    const timer = setTimeout(
      async () => {
        const answer = await server.ask("properties", { given }).catch(() => null);
        if (waiting.get(name)?.key === key) waiting.delete(name);
        if (!answer) return;
        if (known.size > 200) known.clear();
        known.set(key, answer);
        for (const arrived of listeners) arrived(record);
      },
      name === "formula" ? FORMULA_REST : REST,
    );
    waiting.set(name, { key, timer });
  }

  function ofSwish() {
    const beta = lab.state.get("beta");
    if (shipped.swish && atBeta.beta !== beta)
      atBeta = { beta, facts: swishFacts(shipped.swish, beta) };
    return { facts: atBeta.facts, old: false };
  }

  /**
   * The facts of a record; `old` where they are those of earlier parameters, and new ones are on
   * their way. `facts` is null, or has an `error`, where there are none.
   * @param {Activation} record
   * @returns {{facts: any, old: boolean}}
   */
  function of(record) {
    if (record === lab.swish) return ofSwish();
    const values = lab.values(record);
    const name = lab.keyOf(record);
    if (shipped[name] && record.parameters.every((each) => values[each.name] === each.default))
      return { facts: shipped[name], old: false };
    const given = question(record);
    const key = JSON.stringify(given);
    const facts = known.get(key);
    if (facts) {
      last.set(name, facts);
      return { facts, old: false };
    }
    ask(key, record, given);
    return { facts: last.get(name) ?? null, old: true };
  }

  return {
    ready,
    of,
    /**
     * @param {(record: Activation) => void} listener Called when the facts of a record have come.
     */
    onArrived(listener) {
      listeners.add(listener);
    },
  };
}

/**
 * The facts of x·σ(βx) from those at β = 1: it is f(βx)/β, and −f(−x) where β changes its sign.
 * @param {Facts} one
 * @param {number} beta
 * @returns {Facts}
 */
function swishFacts(one, beta) {
  if (beta === 0) return LINE;
  const size = Math.abs(beta);
  /** @param {{kind: string, value: number | null}} bound */
  const by = ({ kind, value }, sign = 1) => ({
    kind,
    value: value === null ? null : (sign * value) / size,
  });
  const scaled = {
    ...one,
    low: by(one.low),
    high: by(one.high),
    minimum: one.minimum.map((/** @type {number} */ value) => value / size),
    landmarks: [...swishLandmarks(beta), { kind: "zero", x: 0, value: 0, slope: 0.5 }],
  };
  if (beta > 0) return scaled;
  return {
    ...scaled,
    low: by(one.high, -1),
    high: by(one.low, -1),
    left: opposite(one.right),
    right: opposite(one.left),
    minimum: null,
    convex: NEGATED[/** @type {keyof typeof NEGATED} */ (one.convex)] ?? one.convex,
  };
}

/** The other end of −f(−x). @param {any} limit */
function opposite(limit) {
  if (limit.kind === "line") return { ...limit, sign: -limit.sign, offset: 0 - limit.offset };
  return limit.kind === "number" ? { ...limit, value: 0 - limit.value } : limit;
}

/** Swish at β = 0: x/2. */
const LINE = {
  low: { kind: "unbounded", value: null },
  high: { kind: "unbounded", value: null },
  left: { kind: "line", sign: -1, slope: 0.5, offset: 0 },
  right: { kind: "line", sign: 1, slope: 0.5, offset: 0 },
  lipschitz: { kind: "attained", value: 0.5 },
  monotone: "increasing",
  convex: "both",
  smooth: null,
  gate: "no",
  parity: "odd",
  centred: "yes",
  atZero: 0,
  slopeBefore: 0.5,
  slopeAfter: 0.5,
  minimum: null,
  zeros: { at: [0], flat: [], kind: "all", reach: null },
  landmarks: [{ kind: "zero", x: 0, value: 0, slope: 0.5 }],
};
