/** What every part of the Explore tab is given: its state, and what follows from it. */

import { activations } from "./activations.js";
import { scaleOf } from "./beta.js";

const GREEK = { "\\alpha": "α", "\\beta": "β", "\\gamma": "γ", "\\delta": "δ", "\\lambda": "λ", "\\mu": "μ", "\\theta": "θ", "\\tau": "τ", "\\kappa": "κ", "\\omega": "ω", "\\sigma": "σ", "\\rho": "ρ", "\\epsilon": "ε" };
const swish = activations.find(({ name }) => name === "swish");

/**
 * @param {ReturnType<typeof import("./state.js").store>} state
 * @param {any} server The server functions.
 * @param {(event: string) => void} trigger Raises an event of the tab's Gradio component.
 */
export function exploreLab(state, server, trigger) {
  /** The record of the typed formula; null where there is none. */
  let typed = null;

  const lab = {
    state,
    server,
    swish,
    trigger,
    /** The scale of β's slider: low, high, toBeta, toSlider. */
    get scale() {
      return scaleOf(state);
    },
    /** The records that are shown: Swish, its rivals in the registry's order, the typed one. */
    chosen() {
      const names = state.get("act");
      return [swish, ...activations.filter(({ name }) => names.includes(name)), ...(typed ? [typed] : [])];
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
      return Object.fromEntries(record.parameters.map((each) => [each.name, given[`${key}.${each.name}`] ?? each.default]));
    },
    /** What differences are to. */
    baseline: () => lab.recordOf(state.get("base")) ?? swish,
    /** The symbol of a parameter. @param {string} key "elu.alpha" */
    symbolOf(key) {
      const [name, parameter] = key.split(".");
      const symbol = lab.recordOf(name)?.parameters.find((each) => each.name === parameter)?.symbol ?? parameter;
      return GREEK[symbol] ?? symbol.replace(/\\mathrm\{(.*)\}/, "$1").replace(/\\/g, "");
    },
    /** Puts a rival in or out. */
    toggle(name) {
      if (typed && name === typed.name) return state.set({ formula: "" });
      if (name === "swish" || !activations.some((each) => each.name === name)) return;
      const names = state.get("act");
      state.set({ act: names.includes(name) ? names.filter((each) => each !== name) : [...names, name] });
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
  return lab;
}
