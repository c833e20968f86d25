/** Draws the tiles of the Claims tab, by verdict: a claim in six words; a press opens its card. */

import { fill, find, findAll, html, t } from "../core/html.js";
import { language, TAGS } from "../core/language.js";
import { verdictIcon } from "./claim_card.js";

/** @typedef {import("./claim_card.js").Claim} Claim */
/** @typedef {import("./claim_card.js").Card} Card */

/** The verdicts in the order in which tiles stand. */
export const VERDICTS = ["confirmed", "imprecise", "refuted", "depends", "undecided", "not run"];

/** Of a claim with several, the one by which it stands: what a reader should not miss. */
const WEIGHT = ["refuted", "depends", "imprecise", "undecided", "not run", "confirmed"];

/** The verdict by which a claim stands. @param {Card} card */
const verdictOf = ({ parts }) =>
  WEIGHT.find((verdict) => parts.some((part) => part.verdict === verdict)) ?? "not run";

/** A tile before anything is known but the sentence. @param {Claim} claim */
export function tile({ id, title, statement }) {
  return html`<button class="claims-tile" data-tile="${id}" aria-expanded="false"
    aria-controls="claim-${id}" title="${statement[language]}"><span
    class="claims-signs" data-part="signs"></span><span
    class="claims-title" lang="${TAGS[language]}">${title[language]}</span><span
    class="claims-unseen" data-part="verdicts"></span><i data-part="share"></i></button>`;
}

/** Shows on a tile what its claim has come to. @param {HTMLElement} place @param {Card} card */
export function paintTile(place, card) {
  const verdicts = [...new Set(card.parts.map((part) => part.verdict))];
  place.dataset.stands = verdictOf(card);
  fill(find(place, "[data-part=signs]"), html`${verdicts.map(verdictIcon)}`);
  const names = verdicts.map((verdict) => t(`claims.verdict.${verdict.replace(" ", "_")}`));
  find(place, "[data-part=verdicts]").textContent = names.join(t("language.comma"));
  paintShare(place, card.progress);
}

/**
 * How far a claim's check is, as a bar along the tile's foot.
 * @param {HTMLElement} place @param {{active: boolean, share: number}} progress
 */
export function paintShare(place, { active, share }) {
  place.toggleAttribute("data-busy", active);
  find(place, "[data-part=share]").style.width = active ? `${Math.max(4, 100 * share)}%` : "0";
}

/** Headings of the verdicts, for who reads by headings: each tile bears its verdict's sign. */
export const groupHeads = () =>
  VERDICTS.map(
    (verdict) => html`<h2 class="lab-sr" data-group="${verdict}" hidden
      >${t(`claims.verdict.${verdict.replace(" ", "_")}`)}</h2>`,
  );

/** Leaves the headings of the verdicts that tiles stand under. @param {HTMLElement} grid */
export function headGroups(grid) {
  const shown = findAll(grid, "[data-tile]:not([hidden])").map(({ dataset }) => dataset.stands);
  for (const head of findAll(grid, "[data-group]"))
    head.hidden = !shown.includes(head.dataset.group);
}

/**
 * Puts tiles in the order of their verdicts, each with its card behind it.
 * @param {HTMLElement} grid @param {(id: string) => Card | undefined} cardOf
 */
export function sort(grid, cardOf) {
  const tiles = findAll(grid, "[data-tile]");
  const focused = document.activeElement;
  for (const head of findAll(grid, "[data-group]")) {
    const group = tiles.filter(({ dataset }) => {
      const card = cardOf(dataset.tile ?? "");
      return (card ? verdictOf(card) : "not run") === head.dataset.group;
    });
    const cards = group.flatMap((each) => [
      each,
      find(grid, `[data-claim="${each.dataset.tile}"]`),
    ]);
    grid.append(head, ...cards);
  }
  if (focused instanceof HTMLElement && grid.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}
