/**
 * What the Explore tab's state consists of: one line a property. The address is read and written
 * by this table alone, so a link shows what its sender saw.
 */

import { choice, number, some } from "../core/state.js";
import { activations } from "../generated/activations.js";
import { COLUMNS } from "./property_columns.js";

const names = activations.map((activation) => activation.name);
const rivals = names.filter((name) => name !== "swish");
const parameters = activations.flatMap(({ name, parameters: all }) =>
  all.map((each) => `${name}.${each.name}`),
);

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
    parse: choice([
      "",
      ...["name", ...COLUMNS.map(({ name }) => name)].flatMap((name) => [name, `-${name}`]),
    ]),
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
