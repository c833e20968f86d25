/** What every part of the Explore tab is given: its state, and what follows from it. */

import { refuse } from "../core/state.js";
import { propertySource } from "../formulas/property_source.js";
import { activations } from "../generated/activations.js";
import { scaleOf } from "./beta_control.js";
import { PROPERTIES } from "./state_properties.js";

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
const swish = activations.find(({ name }) => name === "swish");

/**
 * @param {ReturnType<typeof import("../core/state.js").store>} state
 * @param {(event: string) => void} trigger Raises an event of the tab's Gradio component.
 */
export function exploreLab(state, trigger) {
  /** The record of the typed formula; null where there is none. */
  let typed = null;

  const hasParameter = (key) => {
    const [name, parameter] = key.split(".");
    return Boolean(lab.recordOf(name)?.parameters.some((each) => each.name === parameter));
  };
  const lab = {
    state,
    swish,
    trigger,
    /** The scale of β's slider: low, high, toBeta, toSlider. */
    get scale() {
      return scaleOf(state);
    },
    /** The records that are shown: Swish, its rivals in the registry's order, the typed one. */
    chosen() {
      const names = state.get("act");
      return [
        swish,
        ...activations.filter(({ name }) => names.includes(name)),
        ...(typed ? [typed] : []),
      ];
    },
    /** A record's name in the state's keys. */
    keyOf: (record) => (record === typed ? "formula" : record.name),
    /** @param {string} key A name of the registry, or "formula". */
    recordOf: (key) => (key === "formula" ? typed : activations.find(({ name }) => name === key)),
    /** A record's parameters as they stand. */
    values(record) {
      if (record === swish) return { beta: state.get("beta") };
      const given = state.get("par");
      const key = lab.keyOf(record);
      return Object.fromEntries(
        record.parameters.map((each) => [each.name, given[`${key}.${each.name}`] ?? each.default]),
      );
    },
    /** Where a typed formula has its landmarks, as far as they are known: narrow ones are not missed. */
    places: (record) =>
      record === typed
        ? (lab.facts.of(record).facts?.landmarks ?? []).map(({ x }) => x).filter(Number.isFinite)
        : [],
    /** What differences are to: the usual one where the formula that was is gone. */
    baseline: () => lab.recordOf(state.get("base")) ?? lab.recordOf(PROPERTIES.base.fallback),
    /** The θ of ∂f/∂θ: β where the formula has no such parameter. */
    theta: () =>
      hasParameter(state.get("theta")) ? state.get("theta") : PROPERTIES.theta.fallback,
    /**
     * Takes back what is set of a typed formula that is gone, or has no such part.
     * @param {boolean} told Whether the address has said it, so that it is told as refused.
     */
    forgetAbsent(told) {
      const names = ["base", "mark", "code_of", "against", "lossy"].filter(
        (name) => !lab.recordOf(state.get(name)),
      );
      if (!hasParameter(state.get("theta"))) names.push("theta");
      const par = state.get("par");
      const absent = Object.keys(par).filter((key) => !hasParameter(key));
      if (told) for (const name of names) refuse(name);
      if (told && absent.length) refuse("par", absent.map((key) => `${key}:${par[key]}`).join());
      const kept = Object.fromEntries(Object.entries(par).filter(([key]) => hasParameter(key)));
      state.set(
        {
          ...Object.fromEntries(names.map((name) => [name, PROPERTIES[name].fallback])),
          par: kept,
        },
        false,
      );
    },
    /** The symbol of a parameter. @param {string} key "elu.alpha" */
    symbolOf(key) {
      const [name, parameter] = key.split(".");
      const symbol =
        lab.recordOf(name)?.parameters.find((each) => each.name === parameter)?.symbol ?? parameter;
      return (
        GREEK[symbol] ??
        symbol
          .replace(/_\{?(\d+)\}?/g, (_, digits) => lowered(digits))
          .replace(/\\mathrm\{(.*)\}/, "$1")
          .replace(/\\/g, "")
      );
    },
    /** Puts a rival in or out. */
    toggle(name) {
      if (typed && name === typed.name) return state.set({ formula: "" });
      if (name === "swish" || !activations.some((each) => each.name === name)) return;
      const names = state.get("act");
      state.set({
        act: names.includes(name) ? names.filter((each) => each !== name) : [...names, name],
      });
    },
    /** Sets a parameter. @param {string} key "elu.alpha" @param {number} value */
    tune(key, value) {
      if (key === "swish.beta") return lab.beta.choose(value);
      const [name, parameter] = key.split(".");
      const usual = lab.recordOf(name)?.parameters.find((each) => each.name === parameter)?.default;
      const { [key]: was, ...rest } = state.get("par");
      state.set({ par: value === usual ? rest : { ...rest, [key]: value } });
    },
    /** Takes a typed formula's record into the plot; null takes it out. */
    setTyped(record) {
      typed = record;
      lab.shownAnew();
    },
  };
  lab.facts = propertySource(lab);
  return lab;
}
