/**
 * The panels of the Explore plot: what each draws of an activation, how high it reaches, and the
 * controls of what is plotted.
 */

import { findAll, offer, partsOf, press } from "../core/dom.js";
import { number } from "../core/state.js";
import { short, t } from "../core/text.js";
import { activations } from "../generated/activations.js";
import { breaksOf } from "../plot/sampling.js";
import { FARTHEST, PANELS, PROPERTIES } from "./state_properties.js";

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {import("./lab.js").Activation} Activation */
/** @typedef {import("../plot/live_plot.js").Points} Points */

/**
 * @typedef {object} Curve
 * @property {(x: number) => number} of
 * @property {number[]} breaks
 * @property {number[]} places Of narrow features.
 * @property {string[]} depends Names of the activations whose parameters it follows.
 */

/**
 * @typedef {object} Panel
 * @property {(lab: Lab) => string} title
 * @property {(activation: Activation, lab: Lab) => Curve | null} curve null: it draws none of it.
 * @property {number} least The least height of what it shows, so that noise is not blown up.
 */

/** @param {"f" | "df" | "d2f"} key @returns {(activation: Activation, lab: Lab) => Curve} */
const plain = (key) => (activation, lab) => {
  const p = lab.values(activation);
  return {
    of: (x) => activation[key](x, p),
    breaks: breaksOf(activation, p),
    places: lab.places(activation),
    depends: [activation.name],
  };
};

/** @type {Record<string, Panel>} */
export const PANEL = {
  f: { title: () => "f(x)", curve: plain("f"), least: 0.02 },
  df: { title: () => "f′(x)", curve: plain("df"), least: 0.02 },
  d2f: { title: () => "f″(x)", curve: plain("d2f"), least: 0.02 },
  dtheta: {
    title: (lab) => `∂f/∂${lab.symbolOf(lab.theta())}`,
    curve(activation, lab) {
      const [name, parameter] = lab.theta().split(".");
      const derivative = activation.dparameters[parameter];
      if (lab.keyOf(activation) !== name || !derivative) return null;
      const p = lab.values(activation);
      return {
        of: (x) => derivative(x, p),
        breaks: breaksOf(activation, p),
        places: lab.places(activation),
        depends: [activation.name],
      };
    },
    least: 0.02,
  },
  diff: {
    title: (lab) => `f − ${lab.baseline().label}`,
    curve(activation, lab) {
      const base = lab.baseline();
      if (activation === base) return null;
      const [p, q] = [lab.values(activation), lab.values(base)];
      return {
        of: (x) => activation.f(x, p) - base.f(x, q),
        breaks: [...breaksOf(activation, p), ...breaksOf(base, q)],
        places: [...lab.places(activation), ...lab.places(base)],
        depends: [activation.name, base.name],
      };
    },
    least: 0.02,
  },
};

/** @param {Points} line */
const isBroken = ({ y }) => y.some((value, at) => value === null && at > 0 && at < y.length - 1);

/**
 * Its values at about even distances: points crowd at a pole, which is not to decide the height.
 * @param {Points} line
 */
function even({ x, y }) {
  const [first, last] = [Number(x[0]), Number(x.at(-1))];
  const step = (last - first) / 256;
  let before = -Infinity;
  return y.flatMap((value, at) => {
    const place = x[at];
    if (value === null || place === null || place < before + step) return [];
    before = place;
    return [value];
  });
}

/** @param {number[]} values Their sizes are looked at. @param {number} share */
function quantile(values, share) {
  const sizes = values.map(Math.abs).sort((a, b) => a - b);
  return sizes[Math.floor(share * (sizes.length - 1))] ?? 0;
}

/**
 * The range of y in which curves are seen well: all of them, but for what shoots off.
 * @param {Points[]} lines
 * @param {number} least
 * @param {number} [cap] Farthest from 0.
 * @returns {[number, number]}
 */
export function heightOf(lines, least, cap = Infinity) {
  const values = lines.flatMap(({ y }) => y.filter((value) => value !== null));
  if (!values.length) return [-1, 1];
  const whole = lines
    .filter((line) => !isBroken(line))
    .flatMap(({ y }) => y.filter((value) => value !== null));
  const broken = lines.filter(isBroken).flatMap(even);
  const usual = Math.max(3 * quantile(whole, 0.97), 1.5 * quantile(broken, 0.9));
  const far = Math.max(
    Math.min(cap, Math.max(usual, least)),
    1.5 * quantile([...whole, ...broken], 0.5),
  );
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, Math.max(-far, value));
    high = Math.max(high, Math.min(far, value));
  }
  const middle = (low + high) / 2;
  const half = Math.max((high - low) / 2, least / 2, Math.abs(middle) * 1e-6);
  // Above the highest curve there is room for its figure.
  return [middle - 1.08 * half, middle + 1.2 * half];
}

/**
 * @param {HTMLElement} host Holds them.
 * @param {import("./lab.js").Lab} lab
 */
export function panelControls(host, lab) {
  const { state } = lab;
  const $ = partsOf(host);
  const panels = findAll(host, "[data-panel]");
  const error = $("range-error");
  /** @type {[name: string, button: HTMLElement][]} */
  const extras = [
    ["trail", $("trail")],
    ["lens", $("lens-on")],
  ];
  const [theta, base] = [$("theta", HTMLSelectElement), $("base", HTMLSelectElement)];
  const ends = [$("low", HTMLInputElement), $("high", HTMLInputElement)];
  const reset = $("reset", HTMLButtonElement);

  for (const button of panels) {
    const panel = button.dataset.panel ?? "";
    button.addEventListener("click", () => {
      /** @type {string[]} */
      const before = state.get("show");
      const wanted = before.includes(panel)
        ? before.filter((each) => each !== panel)
        : [...before, panel];
      if (wanted.length) state.set({ show: PANELS.filter((each) => wanted.includes(each)) });
    });
  }
  for (const [name, button] of extras) {
    button.addEventListener("click", () =>
      state.set({ [name]: state.get(name) === "on" ? "off" : "on" }),
    );
  }
  theta.addEventListener("change", () => state.set({ theta: theta.value }));
  base.addEventListener("change", () => state.set({ base: base.value }));

  /** What the controls offer and show. */
  function paint() {
    press(panels, ({ dataset }) => state.get("show").includes(dataset.panel));
    for (const [name, button] of extras) press([button], () => state.get(name) === "on");
    const keys = lab
      .chosen()
      .flatMap((record) => record.parameters.map((each) => `${lab.keyOf(record)}.${each.name}`));
    if (!keys.includes(lab.theta())) keys.push(lab.theta());
    /** @param {string} key */
    const labelled = (key) =>
      `${lab.recordOf(key.split(".")[0])?.label ?? "?"} · ${lab.symbolOf(key)}`;
    offer(
      theta,
      keys.map((key) => [key, labelled(key)]),
      lab.theta(),
    );
    const typed = lab.recordOf("formula");
    const bases = [...activations, ...(typed ? [typed] : [])];
    offer(
      base,
      bases.map((record) => [lab.keyOf(record), record.label]),
      lab.keyOf(lab.baseline()),
    );
    theta.closest("label")?.toggleAttribute("hidden", !state.get("show").includes("dtheta"));
    base.closest("label")?.toggleAttribute("hidden", !state.get("show").includes("diff"));
    const [low, high] = state.get("x");
    for (const [at, field] of ends.entries()) {
      if (document.activeElement !== field) field.value = short(state.get("x")[at], 7);
    }
    reset.disabled = low === -6 && high === 6;
  }

  for (const [at, field] of ends.entries()) {
    field.addEventListener("change", () => {
      const next = [...state.get("x")];
      next[at] = number(-FARTHEST, FARTHEST)(field.value) ?? NaN;
      const good = next[1] - next[0] >= 1e-6;
      field.setAttribute("aria-invalid", String(!good));
      error.textContent = good ? "" : t("explore.error_range");
      if (good) state.set({ x: next });
    });
  }
  reset.addEventListener("click", () => state.set({ x: PROPERTIES.x.fallback }));
  return { paint };
}
