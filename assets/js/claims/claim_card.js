/** One claim as a card: the sentence, a row for each part with its verdict and evidence, buttons. */

import { escaped, language, TAGS, t } from "../core/text.js";
import { LivePlot } from "../plot/live_plot.js";

/** The article's language. */
const ARTICLE = "zh";

const TONES = {
  confirmed: "ok",
  imprecise: "mid",
  refuted: "bad",
  depends: "mid",
  undecided: "unk",
  "not run": "unk",
};
/** What stands in a verdict's icon: a tick, a wave, a cross, a fork, a question, nothing. */
const SIGNS = {
  confirmed: '<path d="M4.5 8.3l2.4 2.4 4.6-5"/>',
  imprecise: '<path d="M4 9c1.3-2 2.7-2 4 0s2.7 2 4 0M4 6.6c1.3-2 2.7-2 4 0s2.7 2 4 0"/>',
  refuted: '<path d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6"/>',
  depends: '<path d="M8 12V8.5L5 5M8 8.5L11 5"/>',
  undecided: '<path d="M6 6.4a2 2 0 1 1 2.8 1.9c-.6.3-.8.7-.8 1.3M8 11.6v.2"/>',
  "not run": "",
};

/** @param {string} verdict */
export function verdictIcon(verdict) {
  const dashed = verdict === "not run" ? ' stroke-dasharray="2.4 2.2"' : "";
  return `<svg class="lab-${TONES[verdict]}" width="15" height="15" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="8" cy="8" r="6.8" stroke-width="1.3"${dashed}/>${SIGNS[verdict]}</svg>`;
}

/** A card before anything is known but the sentence. */
export function skeletonCard(claim) {
  return `<article class="lab-card claims-card" id="claim-${claim.id}" data-claim="${claim.id}" aria-busy="true" aria-labelledby="said-${claim.id}">
    ${said(claim)}<div class="claims-bone" style="width:8em"></div><div class="claims-bone" style="width:80%"></div><div class="claims-bone" style="width:60%"></div>
  </article>`;
}

/** The sentence in the page's language, and in the article's; in English where that is the page's. */
function said(claim) {
  const also = language === ARTICLE ? "en" : ARTICLE;
  return `<div class="claims-said" role="heading" aria-level="2" id="said-${claim.id}" lang="${TAGS[language]}">${escaped(claim.statement[language])}</div>
    <div class="claims-also" lang="${TAGS[also]}">${escaped(claim.statement[also])}</div>`;
}

/** A whole card: the sentence above the first part, the buttons under the last, the proofs' place. */
export function fullCard(card) {
  const foot = `${state(card)}<p class="lab-error" data-part="refusal" role="alert"></p>
    <div class="lab-row claims-buttons">${buttons(card)}</div>`;
  const rows = card.parts.map((part, at) =>
    row(part, card, at ? "" : said(card), at === card.parts.length - 1 ? foot : ""),
  );
  return `${rows.join("")}<div class="claims-proof" id="proof-${card.id}" data-proof hidden></div>`;
}

function row(part, card, head, foot) {
  const evidence = evidenceOf(part, card);
  return `<div class="claims-part${evidence ? "" : " claims-wide"}">
    <div>${head}
      <p class="claims-verdict"><span class="lab-badge lab-${TONES[part.verdict]}">${verdictIcon(part.verdict)}${escaped(part.verdict_label)}</span>
        <b>${escaped(part.label)}</b></p>
      <p class="claims-why">${escaped(part.why)}</p>
      <p class="lab-note claims-meta">${meta(part)}</p>
    </div>
    ${evidence}
    ${foot && `<div class="claims-foot">${foot}</div>`}
  </div>`;
}

/** How, where and when a part was checked. */
function meta(part) {
  const { held, count } = part.steps;
  const said = [part.kind_label];
  if (count > 1) said.push(t("court.proof_steps", { held, count }));
  if (part.host) said.push(part.host);
  const spoken = said.map(escaped);
  if (part.checked_at && part.kind !== "cited") {
    spoken.push(
      `<time datetime="${escaped(part.checked_at)}" title="${escaped(new Date(part.checked_at).toLocaleString(language))}">${escaped(ago(part.checked_at))}</time>`,
    );
  }
  return spoken.join(" · ");
}

/** What a proof was made on, and when. */
export function provedWith(part) {
  const date = new Date(part.checked_at).toLocaleString(language, {
    dateStyle: "medium",
    timeStyle: "short",
  });
  return t("court.proved_with", { host: part.host, date });
}

/** A plot, the sources, or an empty box that says why it is empty; nothing where words are all. */
function evidenceOf(part, card) {
  if (part.figure) {
    const label = t("court.evidence_label", { part: part.label, why: part.why });
    return `<div class="claims-plot" data-figure="${escaped(part.name)}" role="img" aria-label="${escaped(label)}" style="height:${heightOf(part.figure)}px"></div>`;
  }
  if (part.sources.length > 1) {
    return `<ul class="claims-sources">${part.sources
      .map(
        (source) =>
          `<li><time>${escaped(source.date)}</time><span>${escaped(source.authors)} · <a href="${escaped(source.url)}" target="_blank" rel="noopener" title="${escaped(source.title)}">arXiv ${escaped(source.arxiv)}</a></span></li>`,
      )
      .join("")}</ul>`;
  }
  if (part.verdict !== "not run") return "";
  const key = !part.built ? "unbuilt" : card.progress.active ? "running" : "none";
  return `<div class="claims-plot claims-empty lab-empty">${escaped(t(`court.evidence_${key}`))}</div>`;
}

/** A plot is as high as its bars need. */
function heightOf(figure) {
  const bars = figure.data.find((trace) => trace.orientation === "h");
  return bars ? 62 + 27 * bars.y.length : 176;
}

/** The jobs in words, with a bar while one is under way. */
function state(card) {
  const { active, lines, share } = card.progress;
  const empty =
    !active &&
    card.progress.mark &&
    !lines.length &&
    card.parts.some((part) => part.built && part.verdict === "not run");
  const shown = empty ? [{ tone: "error", words: t("court.job_empty") }] : lines;
  if (!shown.length) return "";
  const bar = active ? `<div class="lab-bar"><i style="width:${100 * share}%"></i></div>` : "";
  return `<div class="claims-state" role="status">${bar}<div data-part="lines">${shown
    .map(
      ({ tone, words }) =>
        `<p class="lab-${tone === "error" ? "error" : "note"}">${escaped(words)}</p>`,
    )
    .join("")}</div></div>`;
}

function buttons(card) {
  const made = [];
  const button = (act, label, tip, more = "") =>
    made.push(
      `<button class="lab-btn" data-act="${act}" title="${escaped(t(tip))}" ${more}>${escaped(label)}</button>`,
    );
  if (card.seconds) {
    const again = card.parts.some(
      (part) => part.built && part.checked_at && (part.kind === "timed" || part.kind === "trained"),
    );
    const label = t(again ? "court.check_again" : "court.check", { seconds: card.seconds });
    if (card.progress.mine) button("stop", t("court.stop"), "court.stop_tip");
    else button("check", label, "court.check_tip", card.progress.active ? "disabled" : "");
  } else if (card.parts.some((part) => part.proof))
    button("check", t("court.prove"), "court.prove_tip");
  if (card.parts.some((part) => part.proof)) {
    button(
      "proof",
      t("court.proof_show"),
      "court.proof_tip",
      `aria-expanded="false" aria-controls="proof-${card.id}"`,
    );
  }
  if (card.tab) {
    made.push(
      `<a class="lab-btn" href="${escaped(setupLink(card))}" title="${escaped(t("court.open_tip"))}">${escaped(t(`court.open_${card.tab}`))}</a>`,
    );
  }
  button("link", t("court.link"), "court.link_tip");
  return made.join("");
}

/** The page with another tab open in the state that the claim is about; a visitor's own choices stay. */
function setupLink(card) {
  const kept = new URLSearchParams(location.search);
  const next = new URLSearchParams();
  for (const name of ["lang", "__theme"]) if (kept.has(name)) next.set(name, kept.get(name));
  next.set("tab", card.tab);
  for (const [name, value] of Object.entries(card.setup)) next.set(name, value);
  return `?${next}`;
}

/** How long ago a moment was, in the page's language. @param {string} moment */
function ago(moment) {
  const seconds = (Date.parse(moment) - Date.now()) / 1000;
  const spoken = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  if (seconds > -60) return spoken.format(0, "second");
  if (seconds > -3600) return spoken.format(Math.round(seconds / 60), "minute");
  if (seconds > -86400) return spoken.format(Math.round(seconds / 3600), "hour");
  return new Date(moment).toLocaleDateString(language);
}

/** @type {Map<string, LivePlot>} The plots drawn so far; a card that is made anew takes its own back. */
const drawn = new Map();

/** Draws a card's figures once they come near the window. */
export function drawFigures(place, card) {
  for (const part of card.parts) {
    if (!part.figure) continue;
    const node = place.querySelector(`[data-figure="${part.name}"]`);
    const name = `${card.id}/${part.name}`;
    const known = drawn.get(name);
    if (known) {
      known.node.style.cssText = node.style.cssText;
      known.node.setAttribute("aria-label", node.getAttribute("aria-label"));
      node.replaceWith(known.node);
      known.update(part.figure);
      continue;
    }
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        const plot = new LivePlot(node);
        drawn.set(name, plot);
        plot.update(part.figure);
      },
      { rootMargin: "600px" },
    );
    observer.observe(node);
  }
}
