/**
 * Runs the Claims tab: the article's sentences as cards, their verdicts made and checked on this
 * server.
 */

import { disable, fieldOf, flash, press, rove, roveRows } from "../core/controls.js";
import { untilDone } from "../core/follow.js";
import { beginner } from "../core/gradio.js";
import { banner } from "../core/header.js";
import { closest, fill, find, findAll, html, partsOf, refill, t } from "../core/html.js";
import { tellJob } from "../core/job_news.js";
import { language } from "../core/language.js";
import { appRoot, ask, attempt } from "../core/server.js";
import { choice, flush, read, write } from "../core/state.js";
import { tellPictures } from "../plot/picture_menu.js";
import { about, fullCard, skeletonCard, sourceOf, titleOf, verdictIcon } from "./claim_card.js";
import { ownClaims } from "./own_claim.js";
import { proofReader } from "./proofs.js";
import { groupHeads, headGroups, paintShare, paintTile, sort, tile, VERDICTS } from "./tiles.js";

const KINDS = ["proved", "cited", "timed", "trained"];
/** For links that other pages hold. */
const ROOT = appRoot();

/** @typedef {import("./claim_card.js").Card} Card */
/** @typedef {import("./claim_card.js").Progress} Progress */

/** @param {import("../core/gradio.js").Component} component */
export function mount(component) {
  const { element, props, trigger } = component;
  fill(element, skeleton(props));
  const $ = partsOf(element);
  const checkAll = $("all", HTMLButtonElement);
  /** The card of a claim on the page. @param {string} id */
  const node = (id) => find(element, `[data-claim="${id}"]`);
  /** The tile of a claim. @param {string} id */
  const tileOf = (id) => find(element, `[data-tile="${id}"]`);
  /** @type {Map<string, Card>} What the server said of each claim, by its id. */
  const cards = new Map();
  const documents = documentsOf(props.claims);
  const filter = {
    document: read("document", choice([...documents.keys()]), /** @type {string | null} */ (null)),
    kind: read("kind", choice(KINDS), /** @type {string | null} */ (null)),
    verdict: read("verdict", choice(VERDICTS), /** @type {string | null} */ (null)),
  };
  tellPictures(element, (plot) => {
    const at = /** @type {HTMLElement | null} */ (plot.closest("[data-claim]"));
    const figure = /** @type {HTMLElement | null} */ (plot.closest("[data-figure]"));
    const card = cards.get(at?.dataset.claim ?? "");
    const shown = card?.parts.find(({ name }) => name === figure?.dataset.figure);
    if (!card || !shown) return {};
    return {
      title: card.statement[language],
      lines: [`${shown.label}: ${shown.verdict_label}. ${shown.why}`],
      name: `swish-lab-${card.id}`,
      link: `${ROOT}/claim/${card.id}`,
    };
  });
  const proofs = proofReader(
    "lab-proofs",
    () => trigger("input"),
    () => [...cards.values()],
  );
  const begin = beginner(component);
  /** @type {ReturnType<typeof untilDone> | null} */
  let following = null;
  const own = ownClaims($("own"), $("opener"), props.own, {
    show,
    drop: (id) => cards.delete(id),
    open: (id) => open(id, true),
    check: (id) => check(id),
  });

  // ---- Verdicts: fetched when the tab is first looked at. ----

  async function fetchCards() {
    const room = VERDICTS.map((verdict) => chip(verdict, 10));
    fill(
      $("counts"),
      html`<span class="lab-note">${t("check.deciding")}</span>
      <span class="lab-row claims-room" aria-hidden="true">${room}</span>`,
    );
    const answer = await attempt("claims/view");
    if (answer.error) {
      fill(
        $("counts"),
        html`<span class="lab-error" role="alert">${answer.error}</span>
        <button class="lab-btn" data-act="retry">${t("check.retry")}</button>`,
      );
      return;
    }
    answer.forEach(show);
    await own.load();
    sort($("tiles"), (id) => cards.get(id));
    element.dataset.ready = "true";
    summary();
    watch();
    goToAnchor();
  }

  /**
   * Puts a card's news on the page; a verdict that has changed is marked for a moment.
   * @param {Card} card
   */
  function show(card) {
    const before = cards.get(card.id);
    cards.set(card.id, card);
    const place = node(card.id);
    const shown = place.querySelector("[data-proof]:not([hidden])") !== null;
    // Who pressed "Check" finds "Stop" in its place, and the other way round.
    refill(place, fullCard(card), "data-act");
    place.removeAttribute("aria-busy");
    paintTile(tileOf(card.id), card);
    card.parts.forEach((part, at) => {
      const changed = before && before.parts[at].verdict !== part.verdict;
      if (!changed) return;
      const badge = place.querySelectorAll(".lab-badge")[at];
      badge.classList.add("claims-new");
      setTimeout(() => badge.classList.remove("claims-new"), 1500);
    });
    roveRows(place);
    if (shown) showProof(card.id, true);
  }

  function summary() {
    const all = wanted().flatMap((card) => card.parts);
    const chips = VERDICTS.flatMap((verdict) => {
      const count = all.filter((part) => part.verdict === verdict).length;
      return count || verdict === filter.verdict ? [chip(verdict, count)] : [];
    });
    refill(
      $("counts"),
      html`<span class="lab-note">${t("check.parts", { count: all.length })}</span>
      <span class="lab-row" role="group" aria-label="${t("check.filter_verdict")}">${chips}</span>`,
      "data-verdict",
    );
    const runnable = wanted().filter((card) => card.seconds);
    const busy = runnable.some((card) => card.progress.planned);
    disable(checkAll, busy || !runnable.length);
    const planned = runnable.reduce((sum, card) => sum + card.planned_seconds, 0);
    const seconds = Math.max(planned, ...runnable.map((card) => card.seconds));
    const what = filter.document ? "check.check_document_seconds" : "check.check_all_seconds";
    const idle = runnable.length ? what : "check.all_proved";
    const words = t(busy ? "check.checking_all" : idle, { time: about(seconds) });
    find(checkAll, "span").textContent = words;
    sieve();
  }

  /** The cards of the chosen document, or of all. */
  const wanted = () =>
    [...cards.values()].filter(
      ({ id, registered }) => !registered && (!filter.document || isOf(filter.document, id)),
    );
  /** Whether a claim is of a document. @param {string} name @param {string} id */
  const isOf = (name, id) => documents.get(name)?.claims.includes(id) ?? false;

  /** @param {string} verdict @param {number} count */
  function chip(verdict, count) {
    const name = t(`claims.verdict.${verdict.replace(" ", "_")}`);
    return html`<button class="lab-chip claims-chip" data-verdict="${verdict}"
      aria-pressed="${verdict === filter.verdict}" title="${t("check.filter_verdict_tip")}"
      >${verdictIcon(verdict)}<span><b>${count}</b> ${name}</span></button>`;
  }

  /** Leaves the cards that both filters let through. */
  function sieve() {
    press(findAll(element, "[data-kind]"), ({ dataset }) => (dataset.kind || null) === filter.kind);
    let left = 0;
    for (const claim of props.claims) {
      /** @type {{kind: string, verdict?: string}[]} */
      const parts =
        cards.get(claim.id)?.parts ?? claim.kinds.map((/** @type {string} */ kind) => ({ kind }));
      const fits =
        (!filter.document || isOf(filter.document, claim.id)) &&
        parts.some(
          (part) =>
            (!filter.kind || part.kind === filter.kind) &&
            (!filter.verdict || !part.verdict || part.verdict === filter.verdict),
        );
      tileOf(claim.id).hidden = !fits;
      node(claim.id).toggleAttribute("data-out", !fits);
      if (!fits) open(claim.id, false);
      left += Number(fits);
    }
    $("none").hidden = left > 0;
    headGroups($("tiles"));
    const [menu] = findAll(element, "[data-part=document]", HTMLSelectElement);
    if (menu) menu.value = filter.document ?? "";
    const chosen = documents.get(filter.document ?? "");
    if (menu) fill($("source"), chosen ? sourceOf(chosen) : html``);
    write({ kind: filter.kind, verdict: filter.verdict, document: filter.document });
  }

  // ---- Checks ----

  /** @type {Set<string>} The reader's checks since none of theirs was under way. */
  const batch = new Set();

  /** Tells by the page's title how many of the reader's checks are done, and that all are. */
  function tellChecks() {
    const mine = [...cards.values()].filter(({ progress: { active, mine } }) => active && mine);
    for (const { id } of mine) batch.add(id);
    if (!batch.size) return;
    const [count, done] = [batch.size, batch.size - mine.length];
    tellJob("claim", {
      id: "checks",
      name: t("shell.tab_claims"),
      active: mine.length > 0,
      state: "finished",
      share: done / count,
      far: t("check.done_of", { done, count }),
      words: t("check.all_done", { count }),
      look: async () => {
        const answer = await progress([...batch]);
        if (answer.error === undefined) heard(answer);
      },
    });
    if (!mine.length) batch.clear();
  }

  /** Follows the jobs that are under way until there is none. */
  function watch() {
    following?.end();
    tellChecks();
    const active = [...cards.values()].filter((card) => card.progress.active);
    if (!active.length) return;
    const ids = active.map(({ id }) => id);
    const topics = () => ["claims"];
    following = untilDone(() => progress(ids), heard, { topics, milliseconds: 400 });
  }

  /**
   * How far the jobs of some claims are; a card anew where its verdict may be another.
   * @param {string[]} claim
   */
  async function progress(claim) {
    /** @type {Record<string, Progress> & {error?: string}} */
    const states = await ask("claims/progress", { query: { claim } });
    if (states.error) return { claim, error: states.error };
    const news = claim.filter((id) => states[id].mark !== cards.get(id)?.progress.mark);
    /** @type {(Card & {error?: string})[]} */
    const anew = await Promise.all(news.map((id) => ask(`claims/${id}/view`)));
    const [refused] = anew.flatMap(({ error }) => error ?? []);
    if (refused) return { claim, error: refused };
    return { states, anew, done: claim.every((id) => !states[id].active) };
  }

  /**
   * @param {{claim: string[], error: string}
   *   | {states: Record<string, Progress>, anew: Card[], error?: undefined}} answer
   */
  function heard(answer) {
    if (answer.error !== undefined) {
      for (const id of answer.claim) refusal(id, answer.error);
      return;
    }
    for (const [id, state] of Object.entries(answer.states)) paintProgress(id, state);
    answer.anew.forEach(show);
    if (answer.anew.length) summary();
    tellChecks();
  }

  /** @param {string} id @param {Progress} state */
  function paintProgress(id, state) {
    const place = node(id);
    place.querySelectorAll("[data-part=lines] p").forEach((line, at) => {
      if (state.lines[at]) line.textContent = state.lines[at].words;
    });
    const [bar] = findAll(place, ".lab-bar i");
    if (bar) bar.style.width = `${100 * state.share}%`;
    paintShare(tileOf(id), state);
  }

  /**
   * Asks the server to check a claim; a refusal stands in its card.
   * @param {string} id
   * @param {"check" | "thorough"} [act] Which button was pressed.
   */
  async function check(id, act = "check") {
    const [button] = findAll(node(id), `[data-act=${act}]`);
    const words = button?.textContent;
    refusal(id, "");
    if (button) {
      disable(button);
      if (!cards.get(id)?.seconds) button.textContent = t("check.proving");
    }
    const budget = act === "check" ? "quick" : act;
    const answer = await begin("submit", { claim: id, budget });
    if (answer.error) {
      if (button) {
        disable(button, false);
        button.textContent = words ?? "";
      }
      refusal(id, answer.error);
      return;
    }
    show(answer);
    summary();
    watch();
  }

  /**
   * Has the server check claims one after the other, whether or not this page stays.
   * @param {string[]} ids
   */
  async function checkAllOf(ids) {
    disable(checkAll);
    const answer = await begin("submit", { claims: ids });
    if (answer.error) banner(answer.error, 6000);
    await fetchCards();
  }

  /** @param {string} id */
  async function stop(id) {
    const answer = await attempt(`claims/${id}/stop`, { method: "POST" });
    if (answer.error) refusal(id, answer.error);
    else following?.now();
  }

  /** @param {string} id @param {string} sentence */
  function refusal(id, sentence) {
    find(node(id), "[data-part=refusal]").textContent = sentence;
  }

  // ---- Proofs and links ----

  /** @param {string} id @param {boolean} wanted */
  async function showProof(id, wanted) {
    const [place] = findAll(node(id), "[data-proof]");
    const [button] = findAll(node(id), "[data-act=proof]");
    const card = cards.get(id);
    if (!place || !button || !card) return;
    button.setAttribute("aria-expanded", String(wanted));
    button.textContent = t(wanted ? "check.proof_hide" : "check.proof_show");
    place.hidden = !wanted;
    if (wanted && !place.childElementCount) place.replaceChildren(...(await proofs.of(card)));
  }

  // ---- What is opened, and taken along ----

  /**
   * Opens a claim's card, or closes it; the address names the one opened last.
   * @param {string} id @param {boolean} wanted
   */
  function open(id, wanted) {
    const [button, place] = [tileOf(id), node(id)];
    if (place.hidden === !wanted) return;
    place.hidden = !wanted;
    button.setAttribute("aria-expanded", String(wanted));
    if (wanted) name(id);
    else if (location.hash === `#claim-${id}`) name("");
  }

  /** Names a claim in the address. @param {string} id */
  function name(id) {
    flush();
    const url = new URL(location.href);
    url.hash = id && `claim-${id}`;
    history.replaceState(history.state, "", url);
  }

  /**
   * Closes a card and goes back to its tile.
   * @param {string} id
   */
  function close(id) {
    open(id, false);
    tileOf(id).focus();
  }

  /**
   * Copies what can be taken along of a claim; where the clipboard is closed, as it is to pages of
   * an unsafe origin, it stands there to be copied.
   * @param {string} id @param {string} what @param {HTMLElement} button
   */
  async function copy(id, what, button) {
    name(id);
    const url = new URL(location.href);
    url.searchParams.set("tab", "claims");
    const card = cards.get(id);
    const address = card?.registered ? `${ROOT}/claim/${id}` : url.href;
    const text = what === "link" ? address : (card?.taken[what] ?? "").replaceAll("{root}", ROOT);
    const place = find(node(id), "[data-part=taken]", HTMLTextAreaElement);
    let done = "check.link_done";
    place.hidden = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const kept = text === url.href;
      done = kept ? "check.link_kept" : "check.taken_below";
      place.hidden = kept;
      place.value = text;
      place.select();
    }
    flash(button, t(done));
  }

  /** Opens the card that the address names, marks it and scrolls to it. */
  function goToAnchor() {
    const asked = location.hash.match(/^#claim-(.+)$/)?.[1];
    const id = asked ?? new URLSearchParams(location.search).get("claim");
    /** @type {import("./claim_card.js").Claim[]} */
    const claims = props.claims;
    const known =
      id && /^[a-z0-9-]+$/.test(id) && (claims.some((claim) => claim.id === id) || cards.has(id));
    const place = known ? node(id) : null;
    element.querySelector(".claims-here")?.classList.remove("claims-here");
    if (!id || !place) return;
    if (tileOf(id).hidden) clear();
    open(id, true);
    place.classList.add("claims-here");
    place.scrollIntoView({ block: "start" });
  }

  /** Takes all filters back. */
  function clear() {
    Object.assign(filter, { kind: null, verdict: null, document: null });
    if (cards.size) summary();
    else sieve();
  }

  element.addEventListener("keydown", (event) => {
    const place = closest(event.target, "[data-claim], [data-tile]");
    const id = place?.dataset.claim ?? place?.dataset.tile ?? "";
    if (event.key !== "Escape" || !id || node(id).hidden) return;
    event.preventDefault();
    close(id);
  });
  element.addEventListener("change", (event) => {
    if (closest(event.target, "[data-part=document]")) {
      filter.document = fieldOf(event).value || null;
      if (cards.size) summary();
      else sieve();
    }
  });
  element.addEventListener("click", (event) => {
    const button = closest(event.target, "button");
    if (!button) return;
    const id = closest(button, "[data-claim]")?.dataset.claim ?? "";
    const { act, kind, verdict, tile: opened } = button.dataset;
    if (opened) {
      open(opened, Boolean(node(opened).hidden)); // it may be "until-found"
      if (!node(opened).hidden) reveal(node(opened));
    } else if (kind !== undefined) {
      filter.kind = kind || null;
      sieve();
    } else if (verdict) {
      filter.verdict = filter.verdict === verdict ? null : verdict;
      summary();
    } else if (act === "clear") clear();
    else if (act === "retry") fetchCards();
    else if (act === "all")
      checkAllOf(
        wanted()
          .filter((card) => card.seconds && !card.progress.active)
          .map((card) => card.id),
      );
    else if (act === "check" || act === "thorough") check(id, act);
    else if (act === "stop") stop(id);
    else if (act === "delete") own.remove(id).then((why) => why && refusal(id, why));
    else if (act === "proof") showProof(id, button.getAttribute("aria-expanded") !== "true");
    else if (act === "close") close(id);
    else if (act === "link" || act === "cite" || act === "badge" || act === "embed")
      copy(id, act, button);
  });
  window.addEventListener("hashchange", goToAnchor);
  window.addEventListener("swish-lab-back", () => {
    if (!cards.size) fetchCards();
  });

  roveRows(element);
  rove($("counts"), "[data-verdict]");
  for (const tiles of findAll(element, ".claims-tiles")) rove(tiles, "[data-tile]");
  sieve();
  whenSeen(element, () => {
    goToAnchor();
    fetchCards();
  });
}

/**
 * Calls back once, when the element is first laid out: its tab has been opened.
 * @param {HTMLElement} element @param {() => void} seen
 */
function whenSeen(element, seen) {
  const observer = new ResizeObserver(() => {
    if (!element.clientWidth) return;
    observer.disconnect();
    seen();
  });
  observer.observe(element);
}

/** Scrolls to a card whose beginning is out of sight. @param {HTMLElement} place */
function reveal(place) {
  const { top } = place.getBoundingClientRect();
  if (top > innerHeight - 160) place.scrollIntoView({ block: "center" });
}

/** @typedef {import("./claim_card.js").Source & {claims: string[]}} Source */

/**
 * What the claims are taken from, by its id.
 * @param {import("./claim_card.js").Claim[]} claims
 */
function documentsOf(claims) {
  /** @type {Map<string, Source>} */
  const found = new Map();
  for (const { id, document } of claims) {
    if (!document) continue;
    /** @type {Source} */
    const known = found.get(document.id) ?? { ...document, claims: [] };
    known.claims.push(id);
    found.set(document.id, known);
  }
  return found;
}

/** @param {{claims: import("./claim_card.js").Claim[], article: string, paper: string}} props */
function skeleton({ claims, article, paper }) {
  /** @param {string} key */
  const h = (key) => t(`check.${key}`);
  /** @param {string} href @param {string} words */
  const link = (href, words) => html`<a href="${href}" target="_blank" rel="noopener">${words}</a>`;
  const kinds = ["", ...KINDS].map(
    (kind) => html`<button data-kind="${kind}" aria-pressed="${!kind}"
      title="${h("filter_kind_tip")}">${kind ? t(`claims.kind.${kind}`) : h("all")}</button>`,
  );
  const documents = [...documentsOf(claims)].map(
    ([id, source]) => html`<option value="${id}">${titleOf(source)}</option>`,
  );
  const menu =
    documents.length > 1 &&
    html`<select class="lab-field" data-part="document" aria-label="${h("filter_document")}"
      title="${h("filter_document_tip")}"><option value="">${h("all_documents")}</option
      >${documents}</select>`;
  return html`<div class="lab claims">
    <section class="lab-card claims-summary" aria-label="${t("shell.tab_claims")}">
      <div class="claims-head">
        <div>
          <h2 class="lab-big">${t("check.title", { count: claims.length })}</h2>
          <p class="lab-note"><span class="claims-lead">${h("lead")}</span>
            ${link(article, h("article"))} · ${link(paper, h("paper"))}</p>
        </div>
        <div class="lab-row claims-acts">
          <button class="lab-btn lab-primary" data-act="all" data-part="all"
            title="${h("check_all_tip")}" aria-disabled="true"
            >▶ <span>${h("check_all")}</span></button>
          <button class="lab-btn" data-part="opener" aria-expanded="false" aria-controls="own-form"
            title="${t("own.lead")}">${t("own.open")}</button>
        </div>
      </div>
      <div class="claims-filters">
        <div class="lab-row" data-part="counts" aria-live="polite"></div>
        <span class="lab-seg" role="group" aria-label="${h("filter_kind")}">${kinds}</span>
        ${menu || ""}
      </div>
      ${menu ? html`<p class="lab-note" data-part="source"></p>` : ""}
    </section>
    <div class="claims-own-all" data-part="own"></div>
    <div class="claims-tiles" data-part="tiles"
      >${groupHeads()}${claims.map((claim) => [tile(claim), skeletonCard(claim)])}</div>
    <section class="lab-card lab-empty claims-none" data-part="none" hidden><p>${h("none")}</p>
      <button class="lab-btn" data-act="clear">${h("none_clear")}</button></section>
  </div>`;
}
