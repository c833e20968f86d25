/** Claims: the article's sentences as cards, their verdicts made and checked on this server. */

import { banner } from "../core/header.js";
import { poll } from "../core/poll.js";
import { choice, flush, read, write } from "../core/state.js";
import { escaped, t } from "../core/text.js";
import { drawFigures, fullCard, skeletonCard, verdictIcon } from "./claim_card.js";
import { proofReader } from "./proofs.js";

const KINDS = ["proved", "cited", "timed", "trained"];
const VERDICTS = ["confirmed", "imprecise", "refuted", "depends", "undecided", "not run"];

export function mount({ element, props, trigger, server }) {
  element.innerHTML = skeleton(props);
  const $ = (name) => element.querySelector(`[data-part="${name}"]`);
  const node = (id) => element.querySelector(`[data-claim="${id}"]`);
  /** @type {Map<string, any>} What the server said of each claim, by its id. */
  const cards = new Map();
  const filter = {
    kind: read("kind", choice(KINDS), null),
    verdict: read("verdict", choice(VERDICTS), null),
  };
  const proofs = proofReader(
    "lab-proofs",
    () => trigger("input"),
    () => [...cards.values()],
  );
  let watched = {};
  let endPolling = () => {};

  // ---- Verdicts: fetched when the tab is first looked at. ----

  async function fetchCards() {
    $("counts").innerHTML = `<span class="lab-note">${escaped(t("court.deciding"))}</span>`;
    const answer = await ask("cards", {});
    if (answer.error) {
      $("counts").innerHTML = `<span class="lab-error" role="alert">${escaped(answer.error)}</span>
        <button class="lab-btn" data-act="retry">${escaped(t("court.retry"))}</button>`;
      return;
    }
    answer.cards.forEach(show);
    element.dataset.ready = "true";
    summary();
    watch();
    goToAnchor();
  }

  /** Puts a card's news on the page; a verdict that has changed is marked for a moment. */
  function show(card) {
    const before = cards.get(card.id);
    cards.set(card.id, card);
    const place = node(card.id);
    const shown = place.querySelector("[data-proof]:not([hidden])") !== null;
    const focused = place.contains(document.activeElement) && document.activeElement.dataset.act;
    place.innerHTML = fullCard(card);
    place.removeAttribute("aria-busy");
    card.parts.forEach((part, at) => {
      const changed = before && before.parts[at].verdict !== part.verdict;
      if (!changed) return;
      const badge = place.querySelectorAll(".lab-badge")[at];
      badge.classList.add("claims-new");
      setTimeout(() => badge.classList.remove("claims-new"), 1500);
    });
    drawFigures(place, card);
    if (shown) showProof(card.id, true);
    // Who pressed "Check" finds "Stop" in its place, and the other way round.
    if (focused)
      (place.querySelector(`[data-act="${focused}"]`) ?? place.querySelector("[data-act]")).focus({
        preventScroll: true,
      });
  }

  function summary() {
    const all = [...cards.values()].flatMap((card) => card.parts);
    const focused = document.activeElement?.dataset.verdict;
    const counted = VERDICTS.map((verdict) => [
      verdict,
      all.filter((part) => part.verdict === verdict).length,
    ]);
    $("counts").innerHTML =
      `<span class="lab-note">${escaped(t("court.parts", { count: all.length }))}</span>
      <span class="lab-row" role="group" aria-label="${escaped(t("court.filter_verdict"))}">${counted
        .filter(([verdict, count]) => count || verdict === filter.verdict)
        .map(
          ([
            verdict,
            count,
          ]) => `<button class="lab-chip claims-chip" data-verdict="${verdict}" aria-pressed="${verdict === filter.verdict}"
            title="${escaped(t("court.filter_verdict_tip"))}">${verdictIcon(verdict)}<span><b>${count}</b> ${escaped(t(`claims.verdict.${verdict.replace(" ", "_")}`))}</span></button>`,
        )
        .join("")}</span>`;
    if (focused)
      $("counts").querySelector(`[data-verdict="${focused}"]`)?.focus({ preventScroll: true });
    const runnable = [...cards.values()].filter((card) => card.seconds);
    const busy = runnable.length > 0 && runnable.every((card) => card.progress.active);
    $("all").disabled = busy || !runnable.length;
    const seconds = runnable.reduce((sum, card) => sum + card.seconds, 0);
    $("all").querySelector("span").textContent = t(
      busy ? "court.checking_all" : "court.check_all_seconds",
      { seconds },
    );
    sieve();
  }

  /** Leaves the cards that both filters let through. */
  function sieve() {
    for (const button of element.querySelectorAll("[data-kind]")) {
      button.setAttribute("aria-pressed", String((button.dataset.kind || null) === filter.kind));
    }
    let left = 0;
    for (const claim of props.claims) {
      const parts = cards.get(claim.id)?.parts ?? claim.kinds.map((kind) => ({ kind }));
      const fits = parts.some(
        (part) =>
          (!filter.kind || part.kind === filter.kind) &&
          (!filter.verdict || !part.verdict || part.verdict === filter.verdict),
      );
      node(claim.id).hidden = !fits;
      left += fits;
    }
    $("none").hidden = left > 0;
    write({ kind: filter.kind, verdict: filter.verdict });
  }

  // ---- Checks ----

  /** Follows the jobs that are under way until there is none. */
  function watch() {
    endPolling();
    watched = {};
    for (const card of cards.values())
      if (card.progress.active) watched[card.id] = card.progress.mark;
    if (!Object.keys(watched).length) return;
    endPolling = poll(() => server.poll({ claims: watched }), heard, 400);
  }

  function heard(answer) {
    if (answer.error) {
      for (const id of Object.keys(watched)) refusal(id, answer.error);
      return;
    }
    for (const [id, state] of Object.entries(answer.states)) {
      if (state.card) show(state.card);
      else paintProgress(id, state);
      watched[id] = state.mark;
      if (!state.active) delete watched[id];
    }
    if (Object.values(answer.states).some((state) => state.card)) summary();
  }

  function paintProgress(id, state) {
    const place = node(id);
    place.querySelectorAll("[data-part=lines] p").forEach((line, at) => {
      if (state.lines[at]) line.textContent = state.lines[at].words;
    });
    const bar = place.querySelector(".lab-bar i");
    if (bar) bar.style.width = `${100 * state.share}%`;
  }

  /** Asks the server to check claims, one after the other; a refusal stands in its card. */
  async function check(ids) {
    for (const id of ids) {
      const button = node(id).querySelector("[data-act=check]");
      const words = button?.textContent;
      refusal(id, "");
      if (button) {
        button.disabled = true;
        if (!cards.get(id).seconds) button.textContent = t("court.proving");
      }
      const answer = await ask("check", { claim: id });
      if (answer.error) {
        if (button) Object.assign(button, { disabled: false, textContent: words });
        refusal(id, answer.error);
        if (ids.length > 1) banner(answer.error, 6000);
        continue;
      }
      show(answer.card);
      summary();
      watch();
    }
  }

  /** A server function's answer; an error too where there is no server. */
  async function ask(name, given) {
    try {
      return await server[name](given);
    } catch {
      return { error: t("court.failed") };
    }
  }

  function refusal(id, sentence) {
    node(id).querySelector("[data-part=refusal]").textContent = sentence;
  }

  // ---- Proofs and links ----

  async function showProof(id, wanted) {
    const place = node(id).querySelector("[data-proof]");
    const button = node(id).querySelector("[data-act=proof]");
    if (!place || !button) return;
    button.setAttribute("aria-expanded", String(wanted));
    button.textContent = t(wanted ? "court.proof_hide" : "court.proof_show");
    place.hidden = !wanted;
    if (wanted && !place.childElementCount)
      place.replaceChildren(...(await proofs.of(cards.get(id))));
  }

  async function copyLink(id, button) {
    flush();
    const url = new URL(location.href);
    url.searchParams.set("tab", "claims");
    url.hash = `claim-${id}`;
    history.replaceState(history.state, "", url);
    let done = "court.link_done";
    try {
      await navigator.clipboard.writeText(url.href);
    } catch {
      done = "court.link_kept"; // the clipboard is closed to pages of an unsafe origin
    }
    const words = button.textContent;
    button.textContent = t(done);
    setTimeout(() => {
      button.textContent = words;
    }, 1800);
  }

  /** Scrolls to the card that the address names, and marks it. */
  function goToAnchor() {
    const id = location.hash.match(/^#claim-([a-z-]+)$/)?.[1];
    const place = props.claims.some((claim) => claim.id === id) ? node(id) : null;
    element.querySelector(".claims-here")?.classList.remove("claims-here");
    if (!place) return;
    if (place.hidden) {
      Object.assign(filter, { kind: null, verdict: null });
      if (cards.size) summary();
      else sieve();
    }
    place.classList.add("claims-here");
    place.scrollIntoView({ block: "start" });
  }

  element.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const id = button.closest("[data-claim]")?.dataset.claim;
    const { act, kind, verdict } = button.dataset;
    if (kind !== undefined) {
      filter.kind = kind || null;
      sieve();
    } else if (verdict) {
      filter.verdict = filter.verdict === verdict ? null : verdict;
      summary();
    } else if (act === "clear") {
      Object.assign(filter, { kind: null, verdict: null });
      summary();
    } else if (act === "retry") fetchCards();
    else if (act === "all")
      check(
        [...cards.values()]
          .filter((card) => card.seconds && !card.progress.active)
          .map((card) => card.id),
      );
    else if (act === "check") check([id]);
    else if (act === "stop")
      ask("stop", { claim: id }).then((answer) => answer.error && refusal(id, answer.error));
    else if (act === "proof") showProof(id, button.getAttribute("aria-expanded") !== "true");
    else if (act === "link") copyLink(id, button);
  });
  window.addEventListener("hashchange", goToAnchor);
  window.addEventListener("swish-lab-back", () => cards.size || fetchCards());

  sieve();
  whenSeen(element, () => {
    goToAnchor();
    fetchCards();
  });
}

/** Calls back once, when the element is first laid out: its tab has been opened. */
function whenSeen(element, seen) {
  const observer = new ResizeObserver(() => {
    if (!element.clientWidth) return;
    observer.disconnect();
    seen();
  });
  observer.observe(element);
}

function skeleton({ claims, article, paper }) {
  const link = (href, key) =>
    `<a href="${escaped(href)}" target="_blank" rel="noopener">${escaped(t(key))}</a>`;
  return `<div class="lab claims">
    <section class="lab-card claims-summary" aria-label="${escaped(t("shell.tab_claims"))}">
      <div class="claims-head">
        <div>
          <div class="lab-big" role="heading" aria-level="1">${escaped(t("court.title", { count: claims.length }))}</div>
          <p class="lab-note">${escaped(t("court.lead"))} ${link(article, "court.article")} · ${link(paper, "court.paper")}</p>
        </div>
        <button class="lab-btn lab-primary" data-act="all" data-part="all" title="${escaped(t("court.check_all_tip"))}" disabled>▶ <span>${escaped(t("court.check_all"))}</span></button>
      </div>
      <div class="claims-filters">
        <div class="lab-row" data-part="counts" aria-live="polite"></div>
        <span class="lab-seg" role="group" aria-label="${escaped(t("court.filter_kind"))}">${[
          "",
          ...KINDS,
        ]
          .map(
            (kind) =>
              `<button data-kind="${kind}" aria-pressed="${!kind}" title="${escaped(t("court.filter_kind_tip"))}">${escaped(kind ? t(`claims.kind.${kind}`) : t("court.all"))}</button>`,
          )
          .join("")}</span>
      </div>
    </section>
    ${claims.map(skeletonCard).join("")}
    <section class="lab-card lab-empty claims-none" data-part="none" hidden><p>${escaped(t("court.none"))}</p>
      <button class="lab-btn" data-act="clear">${escaped(t("court.none_clear"))}</button></section>
  </div>`;
}
