/** Shows what a visitor claims: the form with its live sentence, and the tiles and cards. */

import { disable, fieldOf, isDisabled, press } from "../core/controls.js";
import { closest, fill, find, findAll, html, partsOf, t } from "../core/html.js";
import { language } from "../core/language.js";
import { attempt } from "../core/server.js";
import { activations } from "../generated/activations.js";
import { skeletonCard } from "./claim_card.js";
import { tile } from "./tiles.js";

/** Milliseconds after the last key until the sentence is made anew. */
const QUIET = 250;

/**
 * @typedef {object} Field As the server declares it.
 * @property {string} name
 * @property {string} kind
 * @property {string[]} choices
 * @property {number} formulas
 * @property {number | null} low
 * @property {number | null} high
 * @property {any} default
 */
/** @typedef {import("./claim_card.js").Card} Card */

/** @type {Record<string, (choice: string) => string>} What a menu's choices are called. */
const CHOICES = {
  dataset: (choice) => t(`data.title.${choice}`),
  network: (choice) => t(`train.choice.network.${choice}`),
  context: (choice) => t(`own.context.${choice}`),
};
const NAMES = new Map(activations.map(({ name, label }) => [label.toLowerCase(), name]));
const LABELS = new Map(activations.map(({ name, label }) => [name, label]));

/**
 * @param {HTMLElement} host
 * @param {HTMLElement} opener The button that shows the form, and hides it.
 * @param {Record<string, Field[]>} kinds Kind of statement → its fields.
 * @param {object} page What the tab does with a card.
 * @param {(card: Card) => void} page.show
 * @param {(id: string) => void} page.drop
 * @param {(id: string) => void} page.open
 * @param {(id: string) => Promise<void>} page.check
 */
export function ownClaims(host, opener, kinds, page) {
  fill(host, skeleton(Object.keys(kinds)));
  const $ = partsOf(host);
  const form = $("form", HTMLFormElement);
  const [button] = findAll(form, "[data-part=register]", HTMLButtonElement);
  let kind = Object.keys(kinds)[0];
  /** What was given of a field, kept when the kind changes. @type {Record<string, string>} */
  const given = {};
  let timer = 0;
  let asked = 0;

  function choose(/** @type {string} */ wanted) {
    kind = wanted;
    press(findAll(form, "[data-own]"), ({ dataset }) => dataset.own === kind);
    fill($("fields"), html`${kinds[kind].map((field) => control(kind, field, given))}`);
    preview();
  }

  /** What the form says, as the server takes it. */
  function statement() {
    const values = kinds[kind].map((field) => {
      const { value } = /** @type {HTMLInputElement} */ (find(form, `[name="${field.name}"]`));
      if (field.formulas)
        return [field.name, NAMES.get(value.trim().toLowerCase()) ?? value.trim()];
      const number = value.trim() === "" ? null : Number(value);
      return [field.name, field.choices.length ? value : number];
    });
    return { kind, ...Object.fromEntries(values) };
  }

  /** Asks what would be registered; of several questions, the last one's answer is shown. */
  async function preview() {
    const number = ++asked;
    const answer = await attempt("claims/preview", { given: statement() });
    if (number !== asked) return;
    refuse(answer);
    $("says").textContent = answer.error ? "" : answer.statement[language];
    $("rule").textContent = answer.error ? "" : answer.rule[language];
  }

  /** @param {{error?: string, field?: string}} answer */
  function refuse({ error = "", field }) {
    $("wrong").textContent = error;
    for (const each of findAll(form, "[name]"))
      each.setAttribute("aria-invalid", String(each.getAttribute("name") === field));
  }

  async function register() {
    clearTimeout(timer);
    asked++;
    disable(button);
    const answer = await attempt("claims", { given: statement() });
    disable(button, false);
    refuse(answer);
    if (answer.error) return;
    const card = await attempt(`claims/${answer.id}/view`);
    if (card.error) return refuse(card);
    add(card, true);
    preview();
    page.open(card.id);
    await page.check(card.id);
  }

  /** @param {Card} card @param {boolean} first Whether it stands before the others. */
  function add(card, first) {
    if (!host.querySelector(`[data-claim="${card.id}"]`)) {
      const made = document.createElement("div");
      fill(made, html`${tile(card)}${skeletonCard(card)}`);
      if (first) $("list").prepend(...made.children);
      else $("list").append(...made.children);
    }
    $("yours").hidden = false;
    page.show(card);
  }

  form.addEventListener("input", (event) => {
    given[keyOf(kind, fieldOf(event).name)] = fieldOf(event).value;
    clearTimeout(timer);
    timer = setTimeout(preview, QUIET);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isDisabled(button)) register();
  });
  host.addEventListener("click", (event) => {
    const wanted = closest(event.target, "[data-own]")?.dataset.own;
    if (wanted) choose(wanted);
  });
  opener.addEventListener("click", () => {
    const place = find(host, ".claims-own");
    place.hidden = !place.hidden;
    opener.setAttribute("aria-expanded", String(!place.hidden));
    if (place.hidden) return;
    choose(kind);
    find(form, "[data-own][aria-pressed=true]").focus();
  });

  return {
    /** Shows the claims that the visitor has stated before. */
    async load() {
      const answer = await attempt("claims/own/view");
      if (!answer.error) for (const card of answer) add(card, false);
    },
    /** Removes a claim for good. @param {string} id @returns {Promise<string>} Why not. */
    async remove(id) {
      const answer = await attempt(`claims/${id}`, { method: "DELETE" });
      if (answer.error && answer.status !== 404) return answer.error;
      for (const each of [`[data-tile="${id}"]`, `[data-claim="${id}"]`]) find(host, each).remove();
      page.drop(id);
      $("yours").hidden = !host.querySelector("[data-tile]");
      opener.focus();
      return "";
    },
  };
}

/** Under which a field's value is kept. @param {string} kind @param {string} name */
const keyOf = (kind, name) => (name === "at_most" ? `${kind}.${name}` : name);

/**
 * A field of the form with its label.
 * @param {string} kind @param {Field} field @param {Record<string, string>} given
 */
function control(kind, field, given) {
  const { name, choices, formulas, low, high } = field;
  const value =
    given[keyOf(kind, name)] ?? (formulas ? (LABELS.get(field.default) ?? "") : field.default);
  const id = `own-${name}`;
  const label = t(name === "at_most" ? `own.field.at_most_${kind}` : `own.field.${name}`);
  let made;
  if (formulas) {
    const names = choices.map(
      (each) => html`<option value="${LABELS.get(each) ?? each}"></option>`,
    );
    made = html`<input class="lab-field" id="${id}" name="${name}" value="${value}"
      list="${id}-list" maxlength="210" autocomplete="off" spellcheck="false"
      title="${t("own.formula_tip")}"><datalist id="${id}-list">${names}</datalist>`;
  } else if (choices.length) {
    const options = choices.map(
      (each) => html`<option value="${each}" ${each === value ? html`selected` : ""}
        >${CHOICES[name](each)}</option>`,
    );
    made = html`<select class="lab-field" id="${id}" name="${name}">${options}</select>`;
  } else {
    const step = field.kind === "integer" ? "1" : "any";
    made = html`<input class="lab-field" id="${id}" name="${name}" type="number" value="${value}"
      min="${low}" max="${high}" step="${step}">`;
  }
  return html`<div><label class="lab-label" for="${id}">${label}</label>${made}</div>`;
}

/** @param {string[]} kinds */
function skeleton(kinds) {
  const choices = kinds.map(
    (kind) => html`<button type="button" data-own="${kind}" aria-pressed="false"
      >${t(`own.kind.${kind}`)}</button>`,
  );
  return html`<section class="lab-card claims-own" id="own-form" aria-label="${t("own.heading")}"
      hidden>
      <form data-part="form" novalidate>
        <h2>${t("own.heading")}</h2>
        <p class="lab-note">${t("own.lead")}</p>
        <span class="lab-seg" role="group" aria-label="${t("own.heading")}">${choices}</span>
        <div class="claims-fields" data-part="fields"></div>
        <div class="claims-says" aria-live="polite">
          <p class="claims-said" data-part="says"></p>
          <p class="lab-note" data-part="rule"></p>
          <p class="lab-error" data-part="wrong" role="alert"></p>
        </div>
        <button class="lab-btn lab-primary" data-part="register"
          title="${t("own.register_tip")}">${t("own.register")}</button>
      </form>
    </section>
    <section data-part="yours" aria-label="${t("own.yours")}" hidden>
      <h2>${t("own.yours")}</h2>
      <div class="claims-tiles" data-part="list"></div>
    </section>`;
}
