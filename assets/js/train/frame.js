/**
 * Lays out the Train tab: where its plots and choices stand, and what is added to Gradio's form.
 */

import { goToRefused, holdsRefused, onAnswered } from "../core/gradio.js";
import { find, findAll, html, t } from "../core/html.js";
import { pictureMenu } from "../plot/picture_menu.js";

/** @typedef {import("../core/html.js").Content} Content */

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

/** @param {string} key */
const h = (key) => t(`run.${key}`);

/**
 * A row of buttons of which one is chosen.
 * @param {string} name @param {string[]} values @param {string} label
 */
function segment(name, values, label) {
  const buttons = values.map(
    (value) =>
      html`<button data-value="${value}" aria-pressed="false"
        >${t(`run.${name}_${value}`)}</button>`,
  );
  return html`<span class="lab-seg" role="group" aria-label="${label}" data-pick="${name}"
    >${buttons}</span>`;
}

/** @param {string} name @param {string} label @param {Content[]} [options] */
const select = (name, label, options = []) =>
  html`<label class="lab-note train-pick" title="${h(`pick_${name}_tip`)}"
    ${options.length ? "" : html`hidden`}>${label} <select class="lab-field" data-pick="${name}"
      aria-label="${label}">${options}</select></label>`;

/** @param {string} name */
const flag = (name) =>
  html`<label class="lab-note train-pick" title="${h("log_tip")}"><input type="checkbox"
    data-pick="${name}">
    ${h(name)}</label>`;

/**
 * A plot in a card of its own.
 * @param {string} name
 * @param {{tools?: Content, look?: "train-small" | "train-large", under?: Content}} [more]
 */
function card(name, { tools = "", look = "train-small", under = "" } = {}) {
  return html`<section class="lab-card" data-card="${name}" ${LATER.has(name) ? html`hidden` : ""}
    ><div class="lab-row lab-between train-head"
      ><h2>${h(`plot_${name}`)}</h2><span class="lab-row">${tools}${pictureMenu()}</span></div>
    <div class="train-frame"><div class="lab-empty train-empty" data-part="empty-${name}"
      >${h("empty")}</div><div data-part="${name}" class="${look}"></div></div>${under}</section>`;
}

/** Pictures that belong together, by what is watched in them. */
const GROUPS = ["beta", "race", "inside", "layers"];
/** @param {string} name @param {Content} content */
const group = (name, content) =>
  html`<div class="lab-col train-group" data-group="${name}">${content}</div>`;

/**
 * Puts the pictures that a run is about before the others, for the eye and for the keyboard.
 * @param {HTMLElement} root
 * @param {string} first
 */
export function arrange(root, first) {
  if (root.dataset.first === first) return;
  root.dataset.first = first;
  const list = find(root, '[data-part="runs"]');
  const order = [first, ...GROUPS.filter((name) => name !== first)];
  for (const name of order) list.before(find(root, `[data-group="${name}"]`));
}

/** The tab's HTML, but for the form, which is Gradio's. */
export function skeleton() {
  return html`<div class="lab lab-col">
    <p class="lab-note train-other" data-part="other"></p>
    <section class="lab-card"><h2 class="lab-sr">${h("shown")}</h2>
      <p class="train-sentence" data-part="sentence"></p>
      <div class="lab-row lab-between train-state">
        <div><p class="train-what"><span data-part="what"></span>
            <span class="lab-note" data-part="called"></span></p
          ><p class="lab-note" data-part="table" hidden></p
          ><ul class="lab-note train-fitted" data-part="fitted" hidden></ul
          ><p class="lab-note" data-part="line"></p></div>
        <div class="lab-row"><span class="lab-note" data-part="left"></span
          ><span class="lab-row" data-part="wishes"></span></div></div>
      <p class="lab-error" data-part="refused" role="alert"></p>
      <div class="lab-bar"><i data-part="progress"></i></div>
      <div class="lab-row train-replay" data-part="replay" hidden></div>
      <div class="lab-stats train-print" data-part="stats"></div>
    </section>
    ${[betaGroup(), raceGroup(), insideGroup(), layersGroup()]}
    <section class="lab-card" data-part="runs"></section>
  </div>`;
}

function betaGroup() {
  /** @param {string} name @param {string} colour @param {string} words */
  const key = (name, colour, words) => html`<i class="train-key"
    style="background:color-mix(in srgb, var(--lab-${name}) ${colour}, transparent)"></i>${words}`;
  const bands = html`<span class="lab-note train-bands"
    >${key("band", "35%", h("band_article"))} ${key("band2", "18%", h("band_paper"))}</span>`;
  const tools = [
    bands,
    segment("quantity", ["size", "signed", "effective", "own"], h("quantity")),
    select("layer", h("pick_layer")),
    select("seed", h("pick_seed")),
  ];
  return group(
    "beta",
    html`${card("beta", { tools, look: "train-large" })}
    <p class="lab-note train-under" data-part="beta-note" hidden></p>
    <div class="lab-pair train-three">${["convergence", "ends", "conserved"].map((name) =>
      card(name),
    )}</div>`,
  );
}

function raceGroup() {
  return group(
    "race",
    html`<section class="lab-row train-tools" aria-label="${h("pick_smooth")}"
      ><label class="lab-note train-pick">${h("pick_smooth")} <input type="range" min="0"
        max="0.98" step="0.02" value="0" data-pick="smooth" aria-label="${h("pick_smooth")}"
        ></label>${flag("log_loss")}${flag("log_steps")}</section>
    <div class="lab-pair">${card("loss")}${card("accuracy")}</div>
`,
  );
}

function insideGroup() {
  return group(
    "inside",
    html`<div class="lab-pair train-inside">
      <section class="lab-card"><div class="lab-row lab-between train-head"
          ><h2>${h("plot_inside")}</h2><span class="lab-row"
          ><span class="lab-note" data-part="looked"></span>${[
            select("look", h("pick_look")),
            pictureMenu(),
          ]}</span
        ></div>
        <div class="train-frame"><div class="lab-empty train-empty" data-part="empty-inside"
          >${h("empty")}</div><div data-part="inside" class="train-middle"></div
          ><div class="train-guesses" data-part="guesses" hidden></div></div></section>
      <section class="lab-card" data-part="units-card" hidden
        ><div class="lab-row lab-between train-head"><h2>${h("plot_units")}</h2></div
        ><div class="train-units" data-part="units"></div></section>
    </div>
    <section class="lab-card" data-part="network-card" hidden><h3>${h("plot_network")}</h3>
      <div data-part="network"></div>
      <p class="lab-note">${h("network_key")} <span data-part="not-drawn"></span></p></section>`,
  );
}

function layersGroup() {
  const quantities = ["dead", "saturated", "gradient_norm", "variance", "weight_norm"].map(
    (name) => html`<option value="${name}"
      title="${h(`layered_${name}_tip`)}">${h(`layered_${name}`)}</option>`,
  );
  const note = html`<p class="lab-note" data-part="inputs-note" hidden></p>`;
  const tools = select("per_layer", h("per_layer"), quantities);
  return group(
    "layers",
    html`<div class="lab-pair">${card("layers", { tools })}
      ${card("inputs", { under: note })}</div>`,
  );
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
  const file = Object.assign(document.createElement("input"), {
    type: "file",
    accept: ".csv,.tsv,.txt,text/csv",
  });
  button.append(h("choose_file"), file);
  const note = document.createElement("p");
  note.className = "lab-note train-table";
  note.setAttribute("role", "status");
  file.addEventListener("change", async () => {
    const area = find(field, "textarea", HTMLTextAreaElement);
    const given = file.files?.[0];
    area.value = given ? decoded(await given.arrayBuffer()) : "";
    area.dispatchEvent(new Event("input", { bubbles: true }));
    file.value = "";
  });
  field.addEventListener("input", () => {
    note.textContent = ""; // it is of another table
  });
  field.append(button, note);
}

/** Says below the table's field what it was taken for; nothing for "". @param {string} words */
export function noteTable(words) {
  const note = document.querySelector("#lab-csv .train-table");
  if (note) note.textContent = words;
}

/**
 * The text of a file, whichever way a spreadsheet saved it: in UTF-16 with its mark ("Unicode
 * text"), in UTF-8, or in the code page of the reader's Windows ("CSV").
 * @param {ArrayBuffer} buffer
 */
function decoded(buffer) {
  const [first, second] = new Uint8Array(buffer);
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(buffer);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(buffer);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer);
  } catch {
    return new TextDecoder(t("language.code_page")).decode(buffer);
  }
}

/** Says behind Start why no run began, where no field is to blame. @param {HTMLElement} start */
export function refusalAfter(start) {
  const note = document.createElement("p");
  note.className = "lab-error train-refused";
  note.setAttribute("role", "alert");
  start.after(note);
  return note;
}

const FIELDS = "#lab-train-columns";

/**
 * Goes to the first refused field, whose reason stands beside it; its group is opened if need be.
 * @param {HTMLElement} start Gradio's button.
 * @param {() => number} begun How many runs have begun by it.
 */
export function showRefused(start, begun) {
  const groups = () => findAll(document, "[id^=lab-group-]");
  /** @param {HTMLElement} group */
  const isOpen = (group) =>
    findAll(group, "[data-testid=accordion-content]").some((each) => each.offsetParent);
  /** @param {HTMLElement} group */
  const turn = (group) => find(group, ".label-wrap").click();
  let before = 0;
  start.addEventListener("click", () => {
    before = begun();
  });
  onAnswered(start, () => {
    if (begun() !== before || goToRefused(FIELDS)) return;
    // The fields of a group that was never opened are not in the page yet.
    const closed = groups().filter((group) => !isOpen(group));
    for (const group of closed) turn(group);
    setTimeout(() => {
      for (const group of closed) if (!holdsRefused(group)) turn(group);
      goToRefused(FIELDS);
    }, 300);
  });
}
