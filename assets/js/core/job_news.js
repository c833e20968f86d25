/**
 * Tells how a job goes where its reader may be: by the page's title, which other tabs show, and, at
 * its end, to a screen reader.
 */

import { t } from "./html.js";
import { ask } from "./server.js";

/**
 * @typedef {object} News
 * @property {string | null} id Null where there is none.
 * @property {string} name
 * @property {boolean} active
 * @property {string} [state] As the server has it: "finished", "failed", …
 * @property {number} share Of 1.
 * @property {string} [far] How far it is, in the place of a share.
 * @property {string} [words] What is announced at its end.
 * @property {() => Promise<void>} [look] Asks how it stands while nobody sees the page.
 */

const PAGE = "Swish Lab";
/** What the title says of no job. */
let idle = "";
/** @type {Record<string, string>} */
const SIGNS = { finished: "✓", failed: "✗" };
const ENDED = new Set(["finished", "failed", "stopped"]);
/** Milliseconds between two looks at what is under way and not shown. */
const UNSEEN = 3000;

/** @type {Map<string, News>} What is under way, by its kind: "run", "sweep", … */
const active = new Map();
let ended = "";
/** @type {ReturnType<typeof setInterval> | undefined} While something is under way. */
let looking;
/** @type {Map<string, string | null>} Which job of a kind its tab shows. */
const shown = new Map();

/** Has a screen reader say a sentence once what it says now has ended. @param {string} words */
export function announce(words) {
  const known = document.getElementById("lab-news");
  const region = known ?? document.createElement("p");
  if (!known) {
    region.id = "lab-news";
    region.className = "lab-news";
    region.setAttribute("role", "status");
    region.setAttribute("aria-live", "polite");
    document.body.append(region);
  }
  region.textContent = "";
  // One that is filled as it comes into the page is not heard.
  setTimeout(() => {
    region.textContent = words;
  }, 100);
}

/**
 * Takes what is known of the job of a kind that a tab shows.
 * @param {string} kind The plural of REST's path is made of it.
 * @param {News} news
 */
export function tellJob(kind, news) {
  shown.set(kind, news.id);
  take(kind, news);
}

/** @param {string} kind @param {News} news */
function take(kind, news) {
  const known = active.get(kind)?.id === news.id;
  if (news.active) {
    active.set(kind, news);
    ended = "";
  } else if (known) {
    active.delete(kind);
    end(news);
  } else return;
  show();
}

/** @param {News} news */
function end({ name, state = "", words = "" }) {
  ended = [SIGNS[state] ?? "■", name].join(" ");
  const key = state in SIGNS ? state : "stopped";
  announce(words || t(`shell.job.${key}`, { name }));
}

function show() {
  const [now] = [...active.values()].reverse();
  const going = now && `${now.far ?? `${Math.floor(100 * now.share)} %`} · ${now.name}`;
  idle ||= document.title;
  const title = going || ended ? `${going ?? ended} – ${PAGE}` : idle;
  if (document.title !== title) document.title = title;
  if (active.size) looking ??= setInterval(look, UNSEEN);
  else looking = void clearInterval(looking);
}

/**
 * Looks at what is under way where its tab does not ask: nobody sees the page, or another job is
 * shown.
 */
async function look() {
  for (const [kind, news] of active) {
    if (!document.hidden && shown.get(kind) === news.id) continue;
    if (news.look) {
      await news.look().catch(() => null);
      continue;
    }
    const job = await ask(`${kind}s/${news.id}`).catch(() => null);
    if (active.get(kind)?.id !== news.id || !job) continue;
    if (job.error) {
      active.delete(kind); // there is none any more
      show();
      continue;
    }
    const share = job.steps ? job.step / job.steps : news.share;
    take(kind, { ...news, share, state: job.state, active: !ENDED.has(job.state) });
  }
}
