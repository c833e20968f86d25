/**
 * Talks with the server: requests, and files, which a reader saves.
 *
 * Each request of the page, Gradio's too, tells the language; and, where cookies are denied, a name
 * by which the server knows the visitor.
 */

import { entries, language, TAGS } from "./language.js";
import { keep, keepsCookies, kept } from "./storage.js";

/** @type {Record<string, string>} */
const headers = { "Accept-Language": TAGS[language] };
if (!keepsCookies()) headers["X-Visitor"] = kept("visitor") ?? newVisitor();

function newVisitor() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(24))];
  const name = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  keep("visitor", name);
  return name;
}

const plainFetch = window.fetch;
window.fetch = (address, options = {}) => {
  const isRequest = address instanceof Request;
  const target = new URL(isRequest ? address.url : address, document.baseURI);
  if (target.origin !== location.origin) return plainFetch(address, options);
  const all = new Headers(options.headers ?? (isRequest ? address.headers : {}));
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return plainFetch(address, { ...options, headers: all });
};

/** Where REST lies: scripts are at `lab/<version>/js/core/` under the app's root. */
const ROOT = new URL("../../../../api/", import.meta.url);

/**
 * The address of a route.
 * @param {string} path Below `/api/`.
 * @param {Record<string, any>} [query] What is null or undefined is left out.
 */
export function route(path, query = {}) {
  const url = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query))
    for (const each of [value].flat()) if (each != null) url.searchParams.append(name, each);
  return url.href;
}

/** Where this app lies, without a slash at its end. */
export const appRoot = () => new URL("..", ROOT).href.replace(/\/$/, "");

/** @typedef {{error: string, field?: string, column?: number}} Refusal In the page's language. */

/**
 * What the server answers: to a question, or, where something is given, to a wish.
 * @param {string} path Below `/api/`.
 * @param {{given?: object, method?: string, query?: Record<string, any>}} [options]
 * @returns {Promise<any>} A `Refusal` with its `status` where it refuses.
 * @throws {Error} The server cannot be reached.
 */
export async function ask(path, { given, method, query } = {}) {
  const answer = await fetch(route(path, query), {
    method: method ?? (given ? "POST" : "GET"),
    ...(given && {
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(given),
    }),
  });
  if (answer.status === 204) return {};
  const content = await answer.json();
  return answer.ok ? content : { ...refusalOf(content), status: answer.status };
}

/** Deletes as the page is left: the request outlives it. @param {string} path Below `/api/`. */
export const deleteAtLast = (path) => fetch(route(path), { method: "DELETE", keepalive: true });

/**
 * As `ask`, for a reader who waits: that the server cannot be reached is a refusal too.
 * @param {string} path
 * @param {Parameters<typeof ask>[1]} [options]
 */
export const attempt = (path, options) => ask(path, options).catch(() => UNANSWERED);

/** @type {Refusal} */
export const UNANSWERED = {
  get error() {
    return entries["shell.unanswered"];
  },
};

/**
 * What is said of a refusal.
 * @param {{detail: string | {msg: string, loc: any[], column?: number}[]}} said
 * @returns {Refusal}
 */
function refusalOf({ detail }) {
  if (typeof detail === "string") return { error: detail };
  const [{ loc, column }] = detail;
  return { error: detail.map(({ msg }) => msg).join(" "), field: loc[1], column };
}

/**
 * A file of the server's. The browser's own saving would not tell who asks, where cookies are
 * denied, nor why there is no file.
 * @param {string} address
 * @returns {Promise<{name: string, content: Blob, error?: undefined} | Refusal>}
 */
export async function file(address) {
  const answer = await fetch(address).catch(() => null);
  if (!answer) return UNANSWERED;
  if (!answer.ok) return refusalOf(await answer.json());
  const named = answer.headers.get("Content-Disposition") ?? "";
  return { name: /filename="(.+)"/.exec(named)?.[1] ?? "file", content: await answer.blob() };
}

/**
 * The stream that tells which of some jobs and claims have changed.
 * @param {{job: string[], claims: boolean | null}} query
 */
export const changes = (query) => new EventSource(route("events", query));

/** Has a worker ready, for the reader is about to ask. @param {"formulas" | "timing"} what */
export const prepare = (what) => ask("prepare", { given: { what } }).catch(() => {});

/** Whether the server answers. */
export async function isAlive() {
  const request = { cache: /** @type {const} */ ("no-store"), signal: AbortSignal.timeout(5000) };
  try {
    return (await fetch(route("health"), request)).ok;
  } catch {
    return false;
  }
}

/** @param {string} name @param {string} type @param {string} text */
export function download(name, type, text) {
  saveAs(name, URL.createObjectURL(new Blob([text], { type })));
}

/**
 * Saves a file of this server's.
 * @param {string} address
 * @returns {Promise<string | undefined>} Why there is none.
 */
export async function downloadFrom(address) {
  const saved = await file(address);
  if (saved.error === undefined) saveAs(saved.name, URL.createObjectURL(saved.content));
  return saved.error;
}

/** Saves what has an address. @param {string} name @param {string} href */
export function saveAs(name, href) {
  const link = Object.assign(document.createElement("a"), { href, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}
