/**
 * Takes a formula of one's own: live, with the place of what is wrong; its record in the browser,
 * and what doubles make of it far out.
 */

import { fieldOf } from "../core/controls.js";
import { hand } from "../core/handover.js";
import { closest, fill, find, fixed, Html, html, short, t } from "../core/html.js";
import * as server from "../core/server.js";
import { onReturn, refuse as refuseValue } from "../core/state.js";
import { sample } from "../plot/sampling.js";
import { parameterControls } from "./activation_picker.js";

/** Relative differences above this are told: a curve that is wrong by more can be seen. */
const WRONG = 1e-6;
const STEPS = 40;
/** Gaps nearer to each other than this are one. */
const NEAR = 0.2;
/** Between neighbouring doubles a value that is continuous changes by a smaller share of it. */
const JUMP = 1e-6;
/** Where a formula is looked at. */
const RANGE = [-10, 10];

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
  const gaps = shape === "smooth" ? gapsOf(record) : [];
  /** @param {number[]} places @param {number} digits */
  const first = (places, digits) => {
    const some = places.slice(0, 4).map((x) => short(x, digits));
    return { places: some.join(", ") + (places.length > 4 ? " …" : "") };
  };
  const how = gaps.length
    ? t("formula.gaps_near", first(gaps, 3))
    : at.length
      ? t(`formula.${shape}_at`, first(at, 4))
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
  /** @param {number} at */
  const f = (at) => record.f(at, defaults);
  const { x, y } = sample(f, [], RANGE, 4);
  const there = x.map((at) => Number.isFinite(f(Number(at))));
  if (!there.includes(true)) return [RANGE[0]];
  // One point between others that are not there is chance: (−5)^(−5) of x^x.
  const defined = there.map((is, at) => is && Boolean(there[at - 1] || there[at + 1]));
  // From there on it is infinite: its values exceed the largest double, and are told of elsewhere.
  const [first, last] = [defined.indexOf(true), defined.lastIndexOf(true)];
  const [below, above] = RANGE.map((end) => Math.abs(f(end)) === Infinity);
  // Of a pole in the middle of two points those next to them are steep.
  /** @param {number} at */
  const isSteep = (at) => y.slice(Math.max(0, at - 3), at + 3).includes(null);
  /** @type {number[][]} About a pole there are many gaps; they are one place, in their middle. */
  const clusters = [];
  for (let at = 1; at < x.length; at++) {
    if ((below && at <= first) || (above && at > last)) continue;
    const [a, b] = [Number(x[at - 1]), Number(x[at])];
    let place = null;
    if (defined[at - 1] !== defined[at]) place = defined[at] ? endOf(f, b, a) : endOf(f, a, b);
    else if (defined[at] && isSteep(at)) place = jumpOf(f, a, b);
    if (place === null) continue;
    const cluster = clusters.at(-1);
    if (cluster && place - cluster[cluster.length - 1] < NEAR) cluster.push(place);
    else clusters.push([place]);
  }
  return clusters.map((places) => tidy((places[0] + places[places.length - 1]) / 2));
}

/**
 * Where between two numbers a function jumps, or null: what is steep alone differs little between
 * neighbouring doubles.
 * @param {(x: number) => number} f @param {number} a @param {number} b
 */
function jumpOf(f, a, b) {
  for (;;) {
    const middle = a + (b - a) / 2;
    const places = [a, (a + middle) / 2, middle, (middle + b) / 2, b];
    const five = places.map(f);
    const none = five.findIndex((value) => !Number.isFinite(value));
    if (none >= 0) return places[none];
    const steps = five.slice(1).map((value, at) => Math.abs(value - five[at]));
    const steepest = Math.max(...steps);
    if (steepest <= JUMP * Math.max(1, ...five.map(Math.abs))) return null;
    // A jump is where it is steepest; a pole about the higher end of that, perhaps beyond it.
    const at = steps.indexOf(steepest);
    const high = Math.abs(five[at]) > Math.abs(five[at + 1]) ? at : at + 1;
    const next = [places[Math.max(0, high - 1)], places[Math.min(4, high + 1)]];
    if (next[0] === a && next[1] === b) return middle; // there are no doubles between
    [a, b] = next;
  }
}

/**
 * Where a function ends on the way from one number, where it has a value, to another.
 * @param {(x: number) => number} f @param {number} inside @param {number} outside
 */
function endOf(f, inside, outside) {
  for (;;) {
    const middle = inside + (outside - inside) / 2;
    if (middle === inside || middle === outside) return outside;
    if (Number.isFinite(f(middle))) inside = middle;
    else outside = middle;
  }
}

/** Without what is left of halving: 0, not 1e−300. @param {number} at */
const tidy = (at) => Math.round(at * 1e6) / 1e6 || 0;

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

export const EXAMPLES = [
  ["Swish", "x*sigmoid(beta*x)"],
  ["Leaky ReLU", "max(x, a*x)"],
  ["ELU", "where(x>0, x, a*(exp(x)-1))"],
  ["Mish", "x*tanh(softplus(x))"],
  ["GELU", "x*Phi(x)"],
  ["Snake", "x + sin(a*x)**2/a"],
  ["Serf", "x*erf(softplus(x))"],
  ["ISRU", "x/sqrt(1 + a*x**2)"],
  ["", "x*exp(-a*x**2)"],
  ["", "x*sigmoid(x) + c*sin(k*x)"],
];
/** The functions of the grammar, as the help lists them. */
export const FUNCTIONS = [
  ..."sigmoid softplus softsign tanh sech Phi phi erf exp expm1 log ln log1p sqrt cbrt abs".split(
    " ",
  ),
  ..."sin cos tan atan sinh cosh asinh sign relu silu gelu max min clip where".split(" "),
];
export const CONSTANTS = ["pi", "e"];

/**
 * @param {HTMLElement} host
 * @param {import("../explore/lab.js").Lab} lab
 */
export function formulaField(host, lab) {
  fill(host, skeleton());
  /** @param {string} name */
  const $ = (name) => find(host, `[data-${name}]`);
  const field = find(host, "[data-formula]", HTMLInputElement);
  /** What is drawn: the last text that was a formula. */
  /** @type {import("./typed_formula.js").TypedFormula | null} */
  let shown = null;
  let busy = false;
  /** @type {string | null} */
  let waiting = null;
  /** Whether what is typed next is a step of the history: half a word on the way to it is none. */
  let step = true;
  /** Whether the address asked for the formula that is being read. */
  let fromAddress = false;
  const sliders = parameterControls($("sliders"), lab, () => (shown ? [shown.record] : []), true);

  /**
   * Asks for the text's record; of several asked for meanwhile, only the last.
   * @param {string} text
   */
  async function ask(text) {
    if (busy) {
      waiting = text;
      return;
    }
    busy = true;
    const answer = await typedRecord(text).catch((error) => {
      console.error(error);
      return { error: t("formula.unreachable") };
    });
    busy = false;
    const next = /** @type {string | null} */ (waiting);
    waiting = null;
    if (next !== null) ask(next);
    else if (field.value.trim() === text) take(answer, text);
  }

  /** @param {Awaited<ReturnType<typeof typedRecord>>} answer @param {string} text */
  function take(answer, text) {
    if (answer.error !== undefined) return refuse(answer);
    shown = answer;
    markWrong(false);
    $("column").hidden = true;
    $("error").textContent = "";
    fill($("understood"), new Html(answer.mathml));
    fill($("good"), html`<b aria-hidden="true">✓</b> ${summary(answer)}`);
    fill($("notes"), html`${caveats(answer).map((note) => html`<p class="lab-note">${note}</p>`)}`);
    $("use").hidden = false;
    lab.setTyped(answer.record);
    sliders.paint();
    keep(text);
    settle();
  }

  /**
   * The address's formula has been read, or refused: what else it says of it can be held against
   * that.
   */
  function settle() {
    if (fromAddress) lab.forgetAbsent(true);
    fromAddress = false;
  }

  /**
   * What is wrong, and where; the curve of what was right before stays.
   * @param {import("./typed_formula.js").Refusal} refusal
   */
  function refuse({ error, column }) {
    if (fromAddress) {
      refuseValue("formula");
      lab.state.set({ formula: "" }, false); // it stays in its field, to be mended
    }
    settle();
    markWrong(true);
    for (const name of ["understood", "good", "notes"]) $(name).textContent = "";
    $("error").textContent = error;
    $("column").hidden = !column;
    $("column").style.setProperty(
      "--at",
      String((column ?? 1) - 1 + (field.value.length - field.value.trimStart().length)),
    );
    follow();
  }
  /** @param {boolean} wrong */
  const markWrong = (wrong) => field.setAttribute("aria-invalid", String(wrong));
  const follow = () => $("column").style.setProperty("--scrolled", `${field.scrollLeft}px`);

  /** Nothing is typed: nothing is drawn. */
  function clear() {
    shown = null;
    fromAddress = false;
    markWrong(false);
    for (const name of ["understood", "good", "error", "notes"]) $(name).textContent = "";
    $("column").hidden = true;
    $("use").hidden = true;
    lab.setTyped(null);
    sliders.paint();
    keep("");
    lab.forgetAbsent(false);
  }

  /** @param {string} text */
  function keep(text) {
    if (text === lab.state.get("formula")) return;
    lab.state.set({ formula: text }, step);
    step = false;
  }

  function changed() {
    const text = field.value.trim();
    if (!text) return clear();
    if (text === shown?.text) return take(shown, text);
    ask(text);
  }

  field.addEventListener("input", changed);
  field.addEventListener("change", () => {
    step = true;
  });
  field.addEventListener("scroll", follow);
  // Who puts the cursor there is about to type: the server loads meanwhile what it needs.
  field.addEventListener("focus", () => {
    step = true;
  });
  onReturn(() => {
    step = true;
  });
  field.addEventListener("focus", () => server.prepare("formulas"), { once: true });
  window.addEventListener("swish-lab-back", changed);
  $("examples").addEventListener("change", (event) => {
    const menu = fieldOf(event);
    field.value = menu.value;
    menu.value = "";
    step = true;
    changed();
    field.focus();
  });
  host.addEventListener("click", (event) => {
    const tab = closest(event.target, "[data-hand]")?.dataset.hand;
    if ((tab === "train" || tab === "time") && shown)
      hand(tab, settled(shown, lab.values(shown.record)));
  });
  lab.state.subscribe(["par", "formula"], (names) => {
    if (names.has("par")) sliders.show();
    const text = lab.state.get("formula");
    // What is still being read is not shown yet: it may have gone from the address meanwhile.
    if (!names.has("formula") || (!busy && text === (shown?.text ?? ""))) return;
    field.value = text;
    changed();
  });
  if (lab.state.get("formula")) {
    field.value = lab.state.get("formula");
    fromAddress = true;
    changed();
  } else lab.forgetAbsent(true);
}

function skeleton() {
  /** @param {string} key */
  const h = (key) => t(`formula.${key}`);
  const options = EXAMPLES.map(
    ([name, formula]) =>
      html`<option value="${formula}">${name ? `${name}: ${formula}` : formula}</option>`,
  );
  /** @param {string[]} names */
  const code = (names) => names.map((name) => html` <code>${name}</code>`);
  return html`<div class="lab-row lab-between formula-head"><h2>${h("title")}</h2>
      <select class="lab-field" data-examples aria-label="${h("examples")}"
        title="${h("examples_tip")}"><option value="">${h("examples")}</option
        >${options}</select></div>
    <div class="formula-line"><label for="lab-own" class="lab-note">f(x) =</label>
      <div><input class="lab-field" id="lab-own" data-formula maxlength="200" autocomplete="off"
          autocapitalize="off" spellcheck="false" placeholder="x*sigmoid(beta*x)"
          aria-describedby="lab-own-said" title="${h("tip")}">
        <div class="formula-column" aria-hidden="true"><i data-column hidden>^</i></div></div></div>
    <div class="formula-said" id="lab-own-said"
      ><p class="formula-set" data-understood></p><p class="lab-note" data-good role="status"></p
      ><p class="lab-error" data-error role="alert"></p></div>
    <div data-notes></div>
    <div data-sliders></div>
    <div class="lab-row" data-use hidden>
      <button class="lab-btn" data-hand="train" title="${h("train_tip")}">${h("train")}</button>
      <button class="lab-btn" data-hand="time" title="${h("time_tip")}">${h("time")}</button></div>
    <details class="lab-note"><summary>${h("help")}</summary>
      <p>${h("help_write")}</p><p>${h("help_pieces")}</p><p>${h("help_parameters")}</p>
      <p>${h("help_functions")}${code(FUNCTIONS)}</p><p>${h("help_activations")}</p>
      <p>${h("help_constants")}${code(CONSTANTS)}</p></details>`;
}
