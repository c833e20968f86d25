/**
 * Shows one claim as a card: the sentence, a row for each part with its verdict and evidence,
 * buttons.
 */

import { Html, html, t } from "../core/html.js";
import { language, TAGS } from "../core/language.js";
import { pictureMenu } from "../plot/picture_menu.js";

/** @typedef {import("../core/html.js").Content} Content */

/**
 * @typedef {object} Source A document.
 * @property {string} id
 * @property {string | Record<string, string>} title In the page's language, or by language.
 * @property {string} address
 * @property {boolean} opened Whether it was, or what it says is reported.
 */

/**
 * @typedef {object} Claim What is known before any verdict.
 * @property {string} id
 * @property {Record<string, string>} title By language.
 * @property {Record<string, string>} statement By language.
 * @property {Source} document What says it.
 * @property {string[]} [kinds]
 */

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string} label
 * @property {string} kind
 * @property {string} kind_label
 * @property {string} verdict
 * @property {string} verdict_label
 * @property {string} why
 * @property {{held: number, count: number}} steps
 * @property {string} host
 * @property {string | null} checked_at
 * @property {"quick" | "thorough" | null} budget Of the check that decided; null where none was.
 * @property {string | null} proof Markdown.
 * @property {string} picture SVG of the server's; empty where there is nothing to draw.
 * @property {{verdict: string, where: string, effects: string[]}[]} rows Of a training.
 * @property {{date: string, authors: string, url: string, title: string, arxiv: string}[]} sources
 */

/** @typedef {{tone: string, words: string}} Line Of what a job says. */
/**
 * @typedef {{active: boolean, planned: boolean, mine: boolean, mark: string, share: number,
 *   lines: Line[]}} Progress
 */
/**
 * @typedef {Claim & {parts: Part[], progress: Progress, seconds: number,
 *   planned_seconds: number, tab: string | null, setup:
 *   Record<string, string>, taken: Record<string, string>,
 *   thorough: {seconds: number, refused: string | null} | null, note?: string,
 *   registered?: object}} Card Of a visitor's own claim, what was registered, and that in words.
 */

/** The article's language. */
const ARTICLE = "zh";

/** @type {Record<string, string>} */
const TONES = {
  confirmed: "ok",
  imprecise: "mid",
  refuted: "bad",
  depends: "mid",
  undecided: "unk",
  "not run": "unk",
};
/** @type {Record<string, Content>} A tick, a wave, a cross, a fork, a question, nothing. */
const SIGNS = {
  confirmed: html`<path d="M4.5 8.3l2.4 2.4 4.6-5"/>`,
  imprecise: html`<path d="M4 9c1.3-2 2.7-2 4 0s2.7 2 4 0M4 6.6c1.3-2 2.7-2 4 0s2.7 2 4 0"/>`,
  refuted: html`<path d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6"/>`,
  depends: html`<path d="M8 12V8.5L5 5M8 8.5L11 5"/>`,
  undecided: html`<path d="M6 6.4a2 2 0 1 1 2.8 1.9c-.6.3-.8.7-.8 1.3M8 11.6v.2"/>`,
  "not run": "",
};

/** @param {string} verdict */
export function verdictIcon(verdict) {
  const dashes = verdict === "not run" ? "2.4 2.2" : "none";
  return html`<svg class="lab-${TONES[verdict]}" width="15" height="15" viewBox="0 0 16 16"
    fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"
    stroke-linejoin="round" aria-hidden="true"><circle cx="8" cy="8" r="6.8" stroke-width="1.3"
    stroke-dasharray="${dashes}"/>${SIGNS[verdict]}</svg>`;
}

/** A card before anything is known but the sentence. @param {Claim} claim */
export function skeletonCard(claim) {
  const bones = ["8em", "80%", "60%"].map(
    (width) => html`<div class="claims-bone" style="width:${width}"></div>`,
  );
  return html`<article class="lab-card claims-card" id="claim-${claim.id}" data-claim="${claim.id}"
    aria-busy="true" aria-labelledby="said-${claim.id}" hidden>
    ${sentences(claim)}${bones}
  </article>`;
}

/** What a document is called, in the page's language. @param {Source} source */
export const titleOf = ({ title }) => (typeof title === "string" ? title : title[language]);

/**
 * How long something takes, to the digits that an estimate has: 7 s, 40 s, 3 min.
 * @param {number} seconds
 */
export function about(seconds) {
  if (seconds >= 90) return t("check.minutes", { count: Math.round(seconds / 60) });
  const step = seconds < 20 ? 1 : 10;
  return t("check.seconds", { count: step * Math.round(seconds / step) });
}

/** A document's address, and a word where it was not opened. @param {Source} source */
export function sourceOf(source) {
  const { address, opened } = source;
  if (!address) return html`${titleOf(source)}`;
  return html`<a href="${address}" target="_blank" rel="noopener">${titleOf(source)}</a>${
    opened ? "" : ` · ${t("check.not_opened")}`
  }`;
}

/**
 * The sentence in the page's language, and in the article's; in English where that is the page's.
 * @param {Claim & {note?: string}} claim
 */
function sentences({ id, statement, document, note }) {
  const also = language === ARTICLE ? "en" : ARTICLE;
  return html`<button class="lab-btn claims-close" data-act="close"
      aria-label="${t("check.close")}" title="${t("check.close_tip")}">×</button>
    <h3 class="claims-said" id="said-${id}"
      lang="${TAGS[language]}">${statement[language]}</h3>
    <div class="claims-also" lang="${TAGS[also]}">${statement[also]}</div>
    <p class="lab-note claims-source">${note ?? sourceOf(document)}</p>`;
}

/**
 * A whole card: the sentence above the first part, the buttons under the last, the proofs' place.
 * @param {Card} card
 */
export function fullCard(card) {
  const foot = html`<div class="claims-foot">${state(card)}<p class="lab-error"
    data-part="refusal" role="alert"></p>
    <div class="lab-row claims-buttons">${buttons(card)}${takings(card)}</div>
    <textarea class="lab-field claims-taken" data-part="taken" rows="3" readonly hidden
      aria-label="${t("check.copy")}"></textarea></div>`;
  const last = card.parts.length - 1;
  const rows = card.parts.map((part, at) =>
    row(part, card, at ? "" : sentences(card), at === last ? foot : ""),
  );
  return html`${rows}<div class="claims-proof" id="proof-${card.id}" data-proof hidden></div>`;
}

/** @param {Part} part @param {Card} card @param {Content} head @param {Content} foot */
function row(part, card, head, foot) {
  const evidence = evidenceOf(part, card);
  return html`<div class="claims-part${evidence ? "" : " claims-wide"}">
    <div>${head}
      <p class="claims-verdict"><span class="lab-badge lab-${TONES[part.verdict]}"
        >${verdictIcon(part.verdict)}${part.verdict_label}</span>
        <b>${part.label}</b></p>
      <p class="claims-why">${part.why}</p>
      ${settings(part)}
      <p class="lab-note claims-meta">${meta(part)}</p>
    </div>
    ${evidence}
    ${foot}
  </div>`;
}

/** What came out in each setting of a training, with its sign. @param {Part} part */
function settings({ rows }) {
  if (!rows.length) return "";
  const each = rows.map(
    ({ verdict, where, effects }) => html`<tr><td class="lab-${TONES[verdict]}"
      title="${t(`claims.verdict.${verdict}`)}">${verdictIcon(verdict)}</td>
      <th scope="row">${where}</th>
      <td>${effects.map((effect) => html`<span>${effect}</span>`)}</td></tr>`,
  );
  return html`<table class="claims-settings"><tbody>${each}</tbody></table>`;
}

/** How, where and when a part was checked. @param {Part} part */
function meta(part) {
  const { held, count } = part.steps;
  /** @type {Content[]} */
  const facts = [part.kind_label];
  if (count > 1) facts.push(t("check.proof_steps", { held, count }));
  if (part.budget === "thorough") facts.push(t("check.thorough_made"));
  if (part.host) facts.push(part.host);
  if (part.checked_at && part.kind !== "cited") {
    const whole = new Date(part.checked_at).toLocaleString(language);
    facts.push(
      html`<time datetime="${part.checked_at}" title="${whole}">${ago(part.checked_at)}</time>`,
    );
  }
  return facts.map((fact, at) => (at ? html` · ${fact}` : fact));
}

/** What a proof was made on, and when. @param {Part} part */
export function provedWith(part) {
  const date = new Date(part.checked_at ?? NaN).toLocaleString(language, {
    dateStyle: "medium",
    timeStyle: "short",
  });
  return t("check.proved_with", { host: part.host, date });
}

/**
 * A picture, the sources, or an empty box that says why it is empty; nothing where words are all.
 * @param {Part} part @param {Card} card
 */
function evidenceOf(part, card) {
  if (part.picture) {
    const picture = new Html(part.picture);
    return html`<div class="claims-plot" data-figure="${part.name}">${[
      picture,
      pictureMenu(),
    ]}</div>`;
  }
  if (part.sources.length > 1) {
    const sources = part.sources.map(
      ({ date, authors, url, title, arxiv }) => html`<li><time>${date}</time><span>${authors} · <a
        href="${url}" target="_blank" rel="noopener"
        title="${title}">arXiv ${arxiv}</a></span></li>`,
    );
    return html`<ul class="claims-sources">${sources}</ul>`;
  }
  if (part.verdict !== "not run") return null;
  const key = card.progress.active ? "running" : "none";
  return html`<div class="claims-plot claims-empty lab-empty">${t(`check.evidence_${key}`)}</div>`;
}

/** The jobs in words, with a bar while one is under way. @param {Card} card */
function state({ progress: { active, lines, share, mark }, parts }) {
  const unrun = parts.some((part) => part.verdict === "not run");
  const empty = !active && mark && !lines.length && unrun;
  const shown = empty ? [{ tone: "error", words: t("check.job_empty") }] : lines;
  if (!shown.length) return null;
  const bar = active && html`<div class="lab-bar"><i style="width:${100 * share}%"></i></div>`;
  const words = shown.map(
    (line) => html`<p class="lab-${line.tone === "error" ? "error" : "note"}">${line.words}</p>`,
  );
  return html`<div class="claims-state" role="status">${bar || ""}<div
    data-part="lines">${words}</div></div>`;
}

/** @param {Card} card */
function buttons(card) {
  const { id, parts, progress, seconds } = card;
  /** @param {string} act @param {string} label @param {string} tip @param {Content} [more] */
  const button = (act, label, tip, more) => html`<button class="lab-btn" data-act="${act}"
    title="${t(`check.${tip}_tip`)}" ${more}>${label}</button>`;
  const proved = parts.some((part) => part.proof);
  const measured = parts.some(
    (part) => part.checked_at && (part.kind === "timed" || part.kind === "trained"),
  );
  const label = t(measured ? "check.check_again" : "check.check", { time: about(seconds) });
  const made = [];
  if (seconds && progress.mine) made.push(button("stop", t("check.stop"), "stop"));
  else if (seconds)
    made.push(button("check", label, "check", progress.active ? html`aria-disabled="true"` : ""));
  else if (proved) made.push(button("check", t("check.prove"), "prove"));
  else if (card.registered) made.push(button("check", t("own.search"), "search"));
  if (card.thorough && !progress.mine) made.push(thoroughly(card));
  if (proved) {
    const opens = html`aria-expanded="false" aria-controls="proof-${id}"`;
    made.push(button("proof", t("check.proof_show"), "proof", opens));
  }
  if (card.tab) {
    made.push(html`<a class="lab-btn" href="${setupLink(card)}"
      title="${t("check.open_tip")}">${t(`check.open_${card.tab}`)}</a>`);
  }
  if (card.registered) made.push(button("delete", t("own.delete"), "delete"));
  return made;
}

/** What can be taken along, each copied at a press. @param {Card} card */
function takings({ registered }) {
  const all = ["link", "cite", "badge", "embed"].map((act) => {
    const own = registered && act === "link";
    const [label, tip] = own
      ? [t("own.link"), t("own.link_tip")]
      : [t(`check.${act}`), t(`check.${act}_tip`)];
    return html`<button data-act="${act}" title="${tip}">${label}</button>`;
  });
  return html`<span class="lab-seg" role="group" aria-label="${t("check.copy")}">${all}</span>`;
}

/** Checks with a larger budget; where that cannot be, the button says why. @param {Card} card */
function thoroughly({ thorough, progress }) {
  const { seconds = 0, refused = "" } = thorough ?? {};
  const off = progress.active || refused ? html`aria-disabled="true"` : "";
  const label = t("check.thorough", { time: about(seconds) });
  return html`<button class="lab-btn" data-act="thorough" ${off}
    title="${refused || t("check.thorough_tip")}">${label}</button>`;
}

/**
 * The page with another tab open in the state that the claim is about; a visitor's own choices
 * stay.
 * @param {Card} card
 */
function setupLink(card) {
  const kept = new URLSearchParams(location.search);
  const next = new URLSearchParams();
  for (const [name, value] of kept) if (["lang", "__theme"].includes(name)) next.set(name, value);
  next.set("tab", card.tab ?? "");
  for (const [name, value] of Object.entries(card.setup)) next.set(name, value);
  return `?${next}`;
}

/** How long ago a moment was, in the page's language. @param {string} moment */
function ago(moment) {
  const seconds = (Date.parse(moment) - Date.now()) / 1000;
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  // Everywhere else a blank stands between a number and its Chinese unit.
  const before = (/** @type {number} */ count, /** @type {Intl.RelativeTimeFormatUnit} */ unit) =>
    relative.format(Math.round(count), unit).replace(/(\d)(?=\p{Script=Han})/u, "$1 ");
  if (seconds > -60) return before(0, "second");
  if (seconds > -3600) return before(seconds / 60, "minute");
  if (seconds > -86400) return before(seconds / 3600, "hour");
  return new Date(moment).toLocaleDateString(language);
}
