/**
 * All talk with the server, by the REST routes that notebooks use too. The language and the visitor
 * go along with each request (`visitor.js`).
 */

import "./visitor.js";

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

/**
 * What the server answers: to a question, or, where something is given, to a wish.
 * @param {string} path Below `/api/`.
 * @param {{given?: object, method?: string, query?: Record<string, any>}} [options]
 * @returns {Promise<any>} `{error, field, column, status}` where it refuses, in the page's language.
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
  const told = await answer.json();
  return answer.ok ? told : { ...refusalOf(told), status: answer.status };
}

/** What is said of a refusal. @param {{detail: string | {msg: string, loc: any[], column?: number}[]}} told */
function refusalOf({ detail }) {
  if (typeof detail === "string") return { error: detail };
  const [{ loc, column }] = detail;
  return { error: detail.map(({ msg }) => msg).join(" "), field: loc[1], column };
}

/**
 * A file of the server's: its name and content. The browser's own saving would not tell who asks,
 * where cookies are denied, nor why there is no file.
 * @param {string} address
 * @returns {Promise<{name?: string, content?: Blob, error?: string}>}
 */
export async function file(address) {
  const answer = await fetch(address);
  if (!answer.ok) return refusalOf(await answer.json());
  const [, name] = answer.headers.get("Content-Disposition").match(/filename="(.+)"/);
  return { name, content: await answer.blob() };
}

/** Has a worker ready, for the reader is about to ask. @param {"formulas" | "timing"} what */
export const prepare = (what) => ask("prepare", { given: { what } }).catch(() => {});
