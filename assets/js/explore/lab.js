/**
 * Explore's state: one line a property, by which alone the address is read and written, so that a
 * link shows what its sender saw; and what follows from it, which every part of the tab is given.
 */

import { offer } from "../core/controls.js";
import { short } from "../core/html.js";
import { choice, number, refuse, some } from "../core/state.js";
import { propertySource } from "../formulas/property_source.js";
import { activations } from "../generated/activations.js";
import { scaleOf } from "./beta_control.js";

const names = activations.map((activation) => activation.name);
const rivals = names.filter((name) => name !== "swish");
const parameters = activations.flatMap(({ name, parameters: all }) =>
  all.map((each) => `${name}.${each.name}`),
);

/**
 * The columns of the table of properties, with their headings and explanations under
 * properties.col_… and properties.tip_….
 */
export const COLUMNS = /** @type {const} */ ([
  "range",
  "left",
  "right",
  "minimum",
  "lipschitz",
  "monotone",
  "convex",
  "smooth",
  "bounded",
  "gate",
  "centred",
  "parity",
  "value",
  "slope",
  "zeros",
]);

/** The panels, from above. */
export const PANELS = ["f", "df", "d2f", "dtheta", "diff"];

/** As many layers as a network may have. */
const LAYERS = Array.from({ length: 100 }, (_, at) => at + 1);

/** Farthest ends of x. */
export const FARTHEST = 1000;

/** @param {string} text "-6,6" */
function range(text) {
  const [low = NaN, high = NaN, ...more] = text.split(",").map(number(-FARTHEST, FARTHEST));
  // Narrower, neighbouring points would be the same double before long.
  return !more.length && high - low >= 1e-6 ? [low, high] : undefined;
}

/** @param {string} text "elu.alpha:2,prelu.a:0.5" */
function parameterValues(text) {
  const entries = text
    .split(",")
    .filter(Boolean)
    .map((entry) => entry.split(":"));
  const known = entries.flatMap(([name, value, ...more]) => {
    const read =
      ofParameter(name) && !more.length && value !== undefined ? number()(value) : undefined;
    return read === undefined ? [] : [[name, read]];
  });
  return known.length || !entries.length ? Object.fromEntries(known) : undefined;
}

/**
 * Whether it names a parameter of the registry, or may be one of a typed formula.
 * @param {string} name
 */
const ofParameter = (name) => parameters.includes(name) || /^formula\.\w+$/.test(name);

/** @type {Record<string, import("../core/state.js").Property<any>>} */
export const PROPERTIES = {
  // Swish's β: any finite number. The slider is linear or logarithmic; a sweep has a speed.
  beta: { parse: number(), fallback: 1 },
  scale: { parse: choice(["linear", "log"]), fallback: "linear" },
  speed: { parse: (text) => choice([0.25, 0.5, 1, 2, 4])(Number(text)), fallback: 1 },
  // The activations beside Swish, their parameters that are not the defaults, a typed formula.
  act: { parse: some(rivals), fallback: ["relu", "gelu", "mish", "elu"] },
  par: {
    parse: parameterValues,
    fallback: {},
    format: (values) =>
      Object.entries(values)
        .map(([name, value]) => `${name}:${value}`)
        .join(),
  },
  formula: { parse: (text) => (text.length <= 200 ? text : undefined), fallback: "" },
  // What is drawn: panels, the θ of ∂f/∂θ, what differences are to, where earlier β were, a lens
  // over the dip.
  show: { parse: (text) => (text ? some(PANELS)(text) : undefined), fallback: ["f", "df"] },
  theta: { parse: (text) => (ofParameter(text) ? text : undefined), fallback: "swish.beta" },
  base: { parse: choice([...names, "formula"]), fallback: "relu" },
  x: { parse: range, fallback: [-6, 6] },
  trail: { parse: choice(["on", "off"]), fallback: "on" },
  lens: { parse: choice(["on", "off"]), fallback: "on" },
  // Whose landmarks are listed; the rows of the property table and the column that orders them.
  mark: { parse: choice([...names, "formula"]), fallback: "swish" },
  rows: { parse: choice(["all", "shown"]), fallback: "all" },
  sort: {
    parse: choice(["", ...["name", ...COLUMNS].flatMap((name) => [name, `-${name}`])]),
    fallback: "",
  },
  // The code to take along: language, of which activation, whether its parameters are trained.
  code: { parse: choice(["pytorch", "jax", "numpy", "javascript", "latex"]), fallback: "pytorch" },
  code_of: { parse: choice([...names, "formula"]), fallback: "swish" },
  trainable: { parse: choice(["on", "off"]), fallback: "on" },
  // The surface over x and β: what it shows of Swish, and how.
  of: { parse: choice(["f", "df"]), fallback: "f" },
  surface: { parse: choice(["map", "3d"]), fallback: "map" },
  // The signal: its deviation; the network's gain, first variance, layers; the rival; the view.
  sigma: { parse: number(0.1, 10), fallback: 1 },
  gain: {
    parse: (text) => choice(["own", "he"])(text) ?? number(0.01, 100)(text),
    fallback: "own",
  },
  q0: { parse: number(0.001, 1000), fallback: 0.5 },
  layers: { parse: (text) => choice(LAYERS)(Number(text)), fallback: 50 },
  against: { parse: choice([...rivals, "formula"]), fallback: "relu" },
  depth: { parse: choice(["cobweb", "layers"]), fallback: "cobweb" },
  // Low precision: the type, whose error, over which x.
  dtype: { parse: choice(["fp32", "bf16", "fp16"]), fallback: "fp16" },
  lossy: { parse: choice([...names, "formula"]), fallback: "swish" },
  reach: { parse: choice(["wide", "plot"]), fallback: "wide" },
};

const GREEK = {
  "\\alpha": "α",
  "\\beta": "β",
  "\\gamma": "γ",
  "\\delta": "δ",
  "\\lambda": "λ",
  "\\mu": "μ",
  "\\theta": "θ",
  "\\tau": "τ",
  "\\kappa": "κ",
  "\\omega": "ω",
  "\\sigma": "σ",
  "\\rho": "ρ",
  "\\epsilon": "ε",
};
/** A whole number as an index. @param {string} digits */
const lowered = (digits) =>
  [...digits].map((digit) => String.fromCharCode(0x2080 + Number(digit))).join("");
const swish = /** @type {Activation} */ (activations.find(({ name }) => name === "swish"));

/** @typedef {import("../generated/activations.js").Activation} Activation */
/** @typedef {import("../generated/activations.js").Values} Values */
/** @typedef {ReturnType<typeof exploreLab>} Lab What every part of the tab is given. */

/**
 * @param {import("../core/state.js").State} state
 * @param {(event: string) => void} trigger Raises an event of the tab's Gradio component.
 * @param {() => void} typedAnew Called when the typed formula is another, or gone.
 */
export function exploreLab(state, trigger, typedAnew) {
  /** @type {Activation | null} The record of the typed formula; null where there is none. */
  let typed = null;

  /** A record's name in the state's keys. @param {Activation} record */
  const keyOf = (record) => (record === typed ? "formula" : record.name);

  /** @param {string} key A name of the registry, or "formula". @returns {Activation | null} */
  const recordOf = (key) =>
    key === "formula" ? typed : (activations.find(({ name }) => name === key) ?? null);

  /** A parameter of a record. @param {string} key "elu.alpha" */
  function parameterOf(key) {
    const [name, parameter] = key.split(".");
    return recordOf(name)?.parameters.find((each) => each.name === parameter);
  }

  /** The records that are shown: Swish, its rivals in the registry's order, the typed one. */
  function chosen() {
    const names = state.get("act");
    const rivals = activations.filter(({ name }) => names.includes(name));
    return [swish, ...rivals, ...(typed ? [typed] : [])];
  }

  /** The record that a property names, where it is shown; else Swish. @param {string} property */
  const shownBy = (property) =>
    chosen().find((record) => keyOf(record) === state.get(property)) ?? swish;

  /** A record's parameters as they stand. @param {Activation} record @returns {Values} */
  function values(record) {
    if (record === swish) return { beta: state.get("beta") };
    const given = state.get("par");
    const key = keyOf(record);
    return Object.fromEntries(
      record.parameters.map((each) => [each.name, given[`${key}.${each.name}`] ?? each.default]),
    );
  }

  const facts = propertySource({ state, swish, keyOf, values });

  /**
   * Where a typed formula has its landmarks, as far as they are known: narrow ones are not missed.
   * @param {Activation} record
   * @returns {number[]}
   */
  function places(record) {
    /** @type {{x: number}[]} */
    const known = (record === typed && facts.of(record).facts?.landmarks) || [];
    return known.map(({ x }) => x).filter(Number.isFinite);
  }

  /** What differences are to: the usual one where the formula that was is gone. */
  const baseline = () =>
    /** @type {Activation} */ (recordOf(state.get("base")) ?? recordOf(PROPERTIES.base.fallback));

  /** The θ of ∂f/∂θ: β where the formula has no such parameter. @returns {string} */
  const theta = () =>
    parameterOf(state.get("theta")) ? state.get("theta") : PROPERTIES.theta.fallback;

  /**
   * Takes back what is set of a typed formula that is gone, or has no such part.
   * @param {boolean} refused Whether the address has said it, so that it is told as refused.
   */
  function forgetAbsent(refused) {
    const names = ["base", "mark", "code_of", "against", "lossy"].filter(
      (name) => !recordOf(state.get(name)),
    );
    if (!parameterOf(state.get("theta"))) names.push("theta");
    const par = state.get("par");
    const absent = Object.keys(par).filter((key) => !parameterOf(key));
    if (refused) for (const name of names) refuse(name);
    if (refused && absent.length) refuse("par", absent.map((key) => `${key}:${par[key]}`).join());
    const kept = Object.fromEntries(Object.entries(par).filter(([key]) => parameterOf(key)));
    const usual = names.map((name) => [name, PROPERTIES[name].fallback]);
    state.set({ ...Object.fromEntries(usual), par: kept }, false);
  }

  /** The symbol of a parameter. @param {string} key "elu.alpha" */
  function symbolOf(key) {
    const symbol = parameterOf(key)?.symbol ?? key.split(".")[1];
    const plain = symbol
      .replace(/_\{?(\d+)\}?/g, (_, digits) => lowered(digits))
      .replace(/\\mathrm\{(.*)\}/, "$1")
      .replace(/\\/g, "");
    return GREEK[/** @type {keyof typeof GREEK} */ (symbol)] ?? plain;
  }

  /**
   * A record's parameters as one writes them: β = 1.5.
   * @param {Activation} record @param {Values} [given] Where they are not those of the moment.
   */
  const settings = (record, given = values(record), digits = 6) =>
    Object.entries(given).map(
      ([name, value]) => `${symbolOf(`${keyOf(record)}.${name}`)} = ${short(value, digits)}`,
    );

  /** Puts a rival in or out. @param {string} name */
  function toggle(name) {
    if (typed && name === typed.name) return state.set({ formula: "" });
    if (name === "swish" || !recordOf(name)) return;
    /** @type {string[]} */
    const names = state.get("act");
    const others = names.filter((each) => each !== name);
    state.set({ act: names.includes(name) ? others : [...names, name] });
  }

  /** Sets a parameter. @param {string} key "elu.alpha" @param {number} value */
  function tune(key, value) {
    if (key === "swish.beta") return state.set({ beta: value });
    const { [key]: _, ...rest } = state.get("par");
    state.set({ par: value === parameterOf(key)?.default ? rest : { ...rest, [key]: value } });
  }

  /**
   * Takes a typed formula's record into the plot; null takes it out.
   * @param {Activation | null} record
   */
  function setTyped(record) {
    typed = record;
    typedAnew();
  }

  /**
   * Fills a menu with the records that are shown, and another's.
   * @param {HTMLSelectElement} menu @param {Activation} record The one chosen.
   */
  function offerChosen(menu, record) {
    const records = new Set([...chosen(), record]);
    offer(
      menu,
      [...records].map((each) => [keyOf(each), each.label]),
      keyOf(record),
    );
  }

  return {
    state,
    swish,
    trigger,
    facts,
    /** The scale of β's slider. */
    get scale() {
      return scaleOf(state);
    },
    chosen,
    shownBy,
    keyOf,
    recordOf,
    values,
    places,
    baseline,
    theta,
    symbolOf,
    settings,
    forgetAbsent,
    toggle,
    tune,
    setTyped,
    offerChosen,
  };
}
