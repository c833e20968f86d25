/** Takes a formula of one's own: live, with the place of what is wrong. */

import { closest, fieldOf, fill, find, Html, html } from "../core/dom.js";
import { hand } from "../core/handover.js";
import * as server from "../core/server.js";
import { onReturn, refuse as refuseValue } from "../core/state.js";
import { t } from "../core/text.js";
import { parameterControls } from "./parameter_controls.js";
import { caveats, settled, summary, typedRecord } from "./typed_formula.js";

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
    if (!names.has("formula") || text === (shown?.text ?? "")) return;
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
