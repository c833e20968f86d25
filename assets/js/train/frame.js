/** The frame of the Train tab: where its plots and choices stand. */

import { goToRefused, holdsRefused, onAnswered } from "../core/refusals.js";
import { escaped, t } from "../core/text.js";

/** What is not shown before a run has something for it. */
const LATER = new Set(["ends", "conserved", "inputs", "layers"]);
/** The plots by the names of their figures. */
export const PLOTS = [
  "beta",
  "convergence",
  "ends",
  "conserved",
  "loss",
  "accuracy",
  "inside",
  "inputs",
  "layers",
];

const h = (key, values) => escaped(t(`run.${key}`, values));

/** A row of buttons of which one is chosen. @param {string} name Of what is picked. */
const segment = (name, choices, label) =>
  `<span class="lab-seg" role="group" aria-label="${label}" data-pick="${name}">${choices
    .map(
      ([value, words, tip]) =>
        `<button data-value="${value}" aria-pressed="false"${tip ? ` title="${tip}"` : ""}>${words}</button>`,
    )
    .join("")}</span>`;
const select = (name, label, options = "") =>
  `<label class="lab-note train-pick"${options ? "" : " hidden"}>${label} <select class="lab-field" data-pick="${name}" aria-label="${label}">${options}</select></label>`;
const flag = (name) =>
  `<label class="lab-note train-pick"><input type="checkbox" data-pick="${name}"> ${h(name)}</label>`;

function card(name, title, tools = "", large = false, under = "") {
  return `<section class="lab-card"${LATER.has(name) ? " hidden" : ""}><div class="lab-row lab-between train-head"><h3>${title}</h3><span class="lab-row">${tools}</span></div>
    <div class="train-frame"><div data-part="${name}" class="${large ? "train-large" : "train-small"}"></div>
    <div class="lab-empty train-empty" data-part="empty-${name}">${h("empty")}</div></div>${under}</section>`;
}

/** Pictures that belong together, by what is watched in them. */
const GROUPS = ["beta", "race", "inside", "layers"];
const group = (name, html) => `<div class="lab-col train-group" data-group="${name}">${html}</div>`;

/**
 * Puts the pictures that a run is about before the others, for the eye and for the keyboard.
 * @param {HTMLElement} root
 * @param {string} first
 */
export function arrange(root, first) {
  if (root.dataset.first === first) return;
  root.dataset.first = first;
  const list = root.querySelector('[data-part="runs"]');
  const order = [first, ...GROUPS.filter((name) => name !== first)];
  for (const name of order) list.before(root.querySelector(`[data-group="${name}"]`));
}

/** The tab's HTML, but for the form, which is Gradio's. */
export function skeleton() {
  const quantities = ["size", "signed", "effective", "own"].map((each) => [
    each,
    h(`quantity_${each}`),
  ]);
  const perLayer = ["dead", "saturated", "gradient_norm", "variance", "weight_norm"].map(
    (each) =>
      `<option value="${each}" title="${h(`layered_${each}_tip`)}">${h(`layered_${each}`)}</option>`,
  );
  const bands = `<span class="lab-note train-bands"><i class="train-key" style="background:color-mix(in srgb, var(--lab-band) 35%, transparent)"></i>${h("band_article")} <i class="train-key" style="background:color-mix(in srgb, var(--lab-band2) 18%, transparent)"></i>${h("band_paper")}</span>`;
  return `<div class="lab lab-col">
    <section class="lab-card">
      <div class="lab-stats" data-part="stats"></div>
      <div class="lab-row lab-between train-state">
        <div><p class="train-what" data-part="what"></p><p class="lab-note" data-part="table" hidden></p><ul class="lab-note train-fitted" data-part="fitted" hidden></ul><p class="lab-note" data-part="line" role="status" aria-live="polite"></p></div>
        <div class="lab-row"><span class="lab-note" data-part="left"></span><span class="lab-row" data-part="wishes"></span></div></div>
      <div class="lab-bar"><i data-part="progress"></i></div>
    </section>
    ${group(
      "beta",
      `${card("beta", h("plot_beta"), `${bands}${segment("quantity", quantities, h("quantity"))}${select("layer", h("pick_layer"))}${select("seed", h("pick_seed"))}`, true)}
    <p class="lab-note train-under" data-part="beta-note" hidden></p>
    <div class="lab-pair train-three">${card("convergence", h("plot_convergence"))}${card("ends", h("plot_ends"))}${card("conserved", h("plot_conserved"))}</div>`,
    )}
    ${group(
      "race",
      `<section class="lab-row train-tools" aria-label="${h("pick_smooth")}"><label class="lab-note train-pick">${h("pick_smooth")} <input type="range" min="0" max="0.98" step="0.02" value="0" data-pick="smooth" aria-label="${h("pick_smooth")}"></label>${flag("log_loss")}${flag("log_steps")}</section>
    <div class="lab-pair">${card("loss", h("plot_loss"))}${card("accuracy", h("plot_accuracy"))}</div>
    <p class="lab-note train-under" data-part="tie" hidden></p>`,
    )}
    ${group(
      "inside",
      `<div class="lab-pair train-inside">
      <section class="lab-card"><div class="lab-row lab-between train-head"><h3>${h("plot_inside")}</h3><span class="lab-row"><span class="lab-note" data-part="looked"></span>${select("look", h("pick_look"))}</span></div>
        <div class="train-frame"><div data-part="inside" class="train-middle"></div><div class="train-guesses" data-part="guesses" hidden></div>
        <div class="lab-empty train-empty" data-part="empty-inside">${h("empty")}</div></div></section>
      <section class="lab-card" data-part="units-card" hidden><div class="lab-row lab-between train-head"><h3>${h("plot_units")}</h3></div><div class="train-units" data-part="units"></div></section>
    </div>`,
    )}
    ${group(
      "layers",
      `<div class="lab-pair">${card("layers", h("plot_layers"), select("per_layer", h("per_layer"), perLayer.join("")))}
      ${card("inputs", h("plot_inputs"), "", false, `<p class="lab-note" data-part="inputs-note" hidden></p>`)}</div>`,
    )}
    <section class="lab-card" data-part="runs"></section>
  </div>`;
}

/**
 * Beside the field of one's own table: a file that is read here, in the browser; and below it, once
 * a run has begun, what its table was taken for.
 * @param {HTMLElement} field Gradio's text field.
 */
export function tableField(field) {
  const button = document.createElement("label");
  button.className = "lab-btn train-file";
  button.title = t("run.choose_file_tip");
  button.innerHTML = `${h("choose_file")}<input type="file" accept=".csv,.tsv,.txt,text/csv">`;
  const file = button.querySelector("input");
  const told = document.createElement("p");
  told.className = "lab-note train-table";
  told.setAttribute("role", "status");
  file.addEventListener("change", async () => {
    const area = field.querySelector("textarea");
    area.value = file.files[0] ? decoded(await file.files[0].arrayBuffer()) : "";
    area.dispatchEvent(new Event("input", { bubbles: true }));
    file.value = "";
  });
  field.addEventListener("input", () => {
    told.textContent = "";
  }); // it is of another table
  field.append(button, told);
}

/** Says below the table's field what it was taken for; nothing for "". @param {string} words */
export function tellTable(words) {
  const told = document.querySelector("#lab-csv .train-table");
  if (told) told.textContent = words;
}

/**
 * The text of a file, whichever way a spreadsheet saved it: in UTF-16 with its mark ("Unicode
 * text"), in UTF-8, or in the code page of the reader's Windows ("CSV").
 * @param {ArrayBuffer} buffer
 */
export function decoded(buffer) {
  const [first, second] = new Uint8Array(buffer);
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(buffer);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(buffer);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer);
  } catch {
    return new TextDecoder(t("language.code_page")).decode(buffer);
  }
}

const FIELDS = "#lab-train-columns";

/**
 * Goes to the first refused field, whose reason stands beside it; its group is opened if need be.
 * @param {HTMLElement} start Gradio's button.
 * @param {() => number} begun How many runs have begun by it.
 * @param {(words: string, wrong: boolean) => void} say Says the reason beside the button too.
 */
export function showRefused(start, begun, say) {
  const groups = () => [...document.querySelectorAll("[id^=lab-group-]")];
  const isOpen = (group) =>
    Boolean(group.querySelector("[data-testid=accordion-content]")?.offsetParent);
  const turn = (group) => group.querySelector(".label-wrap").click();
  let before = 0;
  start.addEventListener("click", () => {
    before = begun();
  });
  onAnswered(start, () => {
    if (begun() !== before || goToRefused(FIELDS, say)) return;
    // The fields of a group that was never opened are not in the page yet.
    const closed = groups().filter((group) => !isOpen(group));
    closed.forEach(turn);
    setTimeout(() => {
      closed.filter((group) => !holdsRefused(group)).forEach(turn);
      goToRefused(FIELDS, say);
    }, 300);
  });
}
