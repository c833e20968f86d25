/** Lists the visitor's timings, or sweeps: open one, call it by a name, share it, remove it. */

import { offer } from "./controls.js";
import { closest, fill, find, html, moment, partsOf, t } from "./html.js";
import { announce } from "./job_news.js";
import { attempt, deleteAtLast } from "./server.js";
import { tellShare } from "./state.js";

/** @typedef {{id: string, name: string, share: string | null, what: string, at: number}} Job */
/**
 * @typedef {object} Kind
 * @property {"timing" | "sweep"} kind As the address has it; REST by its plural.
 * @property {string} tab Where it is shown.
 * @property {(key: string) => string} words Says `earlier`, `name`, `share_tip`, `drop_tip`.
 */

/**
 * @typedef {object} Tab
 * @property {(id: string | null) => void} open
 * @property {() => void} changed
 * @property {(line: string, failed?: boolean) => void} notice
 */

/** @param {HTMLElement} host @param {Kind} of @param {Tab} tab */
export function jobList(host, { kind, tab, words }, { open, changed, notice }) {
  fill(host, skeleton(words));
  const part = partsOf(host);
  const earlier = part("earlier", HTMLSelectElement);
  const nameField = part("name", HTMLInputElement);
  const link = part("link");
  /** @type {Job[]} */
  let entries = [];
  /** @type {string | null} */
  let current = null;

  /** @param {Job[]} kept @param {string | null} id The one shown. */
  function show(kept, id) {
    [entries, current] = [kept, id];
    const left = kept.filter((each) => !isHeld(`${kind}s/${each.id}`) || each.id === id);
    /** @type {[string, string][]} */
    const choices = left.map(({ id, name, what, at }) => [id, `${moment(at)} · ${name || what}`]);
    offer(earlier, id === null ? [["", "…"], ...choices] : choices, id ?? "");
    const shown = kept.find((each) => each.id === id);
    tellShare(kind, shown ? { tab, id: shown.id, share: shown.share } : null);
    find(host, ".lab-kept").hidden = !shown; // another's, by its link
    link.textContent = t(shown?.share ? "run.unshare" : "run.share_run");
    if (document.activeElement !== nameField) nameField.value = shown?.name ?? "";
    host.hidden = !kept.length;
  }

  /** @param {{name?: string, shared?: boolean}} given */
  const annotate = (given) => attempt(`${kind}s/${current}`, { method: "PATCH", given });

  earlier.addEventListener("change", () => open(earlier.value));
  nameField.addEventListener("change", async () => {
    const answer = await annotate({ name: nameField.value });
    if (answer.error) notice(answer.error, true);
    nameField.blur();
    changed();
  });
  link.addEventListener("click", async () => {
    const shared = !entries.find(({ id }) => id === current)?.share;
    const answer = await annotate({ shared });
    if (answer.error) return notice(answer.error, true);
    notice(answer.share ? await copyShare(tab, kind, answer.share) : "");
    changed();
  });
  /** @param {string} id */
  const pathOf = (id) => `${kind}s/${id}`;
  const nextOf = () => entries.find(({ id }) => id !== current && !isHeld(pathOf(id)))?.id ?? null;
  part("drop").addEventListener("click", () => {
    const gone = entries.find(({ id }) => id === current);
    if (!gone) return;
    const path = pathOf(gone.id);
    const name = gone.name || gone.what;
    holdDeletion(path, name, (refused) => {
      showHeld(part("held"));
      if (refused) return notice(refused, true);
      const next = current === gone.id ? nextOf() : current;
      host.hidden = !next;
      open(next);
    });
    showHeld(part("held"), path, name);
    find(part("held"), "button").focus();
    const next = nextOf();
    // Without another, what is to be deleted is shown until it is.
    if (next) open(next);
  });
  part("held").addEventListener("click", ({ target }) => {
    const path = closest(target, "[data-undo]")?.dataset.undo;
    if (!path) return;
    takeBack(path);
    showHeld(part("held"));
    open(path.slice(pathOf("").length));
    earlier.focus();
  });

  return { show };
}

/**
 * Copies the link of a job that is shared; gives the sentence that has it.
 * @param {string} tab @param {string} kind As the address has it. @param {string} token
 */
export async function copyShare(tab, kind, token) {
  const link = new URL(location.href);
  link.search = `?tab=${tab}&${kind}=${token}`;
  await navigator.clipboard?.writeText(link.href).catch(() => {});
  return t("run.shared_copied", { link: link.href });
}

/** @param {(key: string) => string} h */
function skeleton(h) {
  return html`<label class="lab-label">${h("earlier")}
      <select class="lab-field" data-part="earlier" title="${h("earlier_tip")}"></select></label>
    <div class="lab-row lab-kept">
      <input class="lab-field" data-part="name" maxlength="80" placeholder="${h("name")}"
        aria-label="${h("name")}">
      <button class="lab-btn" type="button" data-part="link" title="${h("share_tip")}"></button>
      <button class="lab-btn" type="button" data-part="drop" title="${h("drop_tip")}"
        aria-label="${h("drop_tip")}">×</button></div>
    <div class="lab-row" data-part="held"></div>`;
}

const MILLISECONDS = 10_000;

/** @typedef {(refusal?: string) => void} Done */

/** @type {Map<string, {timer: ReturnType<typeof setTimeout>, done: Done}>} By the path of REST. */
const held = new Map();

/** Whether what lies at a path is to be deleted. @param {string} path */
export const isHeld = (path) => held.has(path);

/**
 * Deletes what lies at a path, unless that is taken back.
 * @param {string} path @param {string} name What it is called.
 * @param {Done} done Called once it is gone, or the server has refused.
 */
export function holdDeletion(path, name, done) {
  takeBack(path);
  const timer = setTimeout(async () => {
    held.delete(path);
    done((await attempt(path, { method: "DELETE" })).error);
  }, MILLISECONDS);
  held.set(path, { timer, done });
  announce(t("shell.deleted", { name }));
}

/** Keeps what was to be deleted. @param {string} path */
export function takeBack(path) {
  clearTimeout(held.get(path)?.timer);
  held.delete(path);
}

/**
 * Says what is to be deleted, beside the button that takes it back.
 * @param {string} path @param {string} name
 */
export const heldNotice = (path, name) =>
  html`<span class="lab-note">${t("shell.deleted", { name })}</span>
    <button class="lab-btn" type="button" data-undo="${path}"
      aria-label="${t("shell.undo_name", { name })}">${t("shell.undo")}</button>`;

/** Shows such a notice in a place, or nothing. @param {Element} place */
function showHeld(place, path = "", name = "") {
  fill(place, path ? heldNotice(path, name) : html``);
}

window.addEventListener("pagehide", () => {
  for (const [path, { timer, done }] of held) {
    clearTimeout(timer);
    deleteAtLast(path).then(
      () => done(),
      () => {},
    );
  }
  held.clear();
});
