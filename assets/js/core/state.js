/**
 * Keeps the page's state in its address: what is read is checked, what is refused is told.
 *
 * A tab may keep all of its state in a store made from one table of properties. Then the address
 * and the state follow each other both ways, and the browser's back button goes back in both.
 */

const SPACES = "https://huggingface.co";

/** @type {string[]} Parameters of the address that were refused, as "name=value". */
const refused = [];
/** @type {((list: string[]) => void) | null} */
let listen = null;

/**
 * Calls back with all that was refused so far, now and again as the tabs read their own.
 * @param {(list: string[]) => void} listener
 */
export function onRefused(listener) {
  listen = listener;
  if (refused.length) listen(refused);
}

/**
 * Notes a parameter of the address as refused, or the parts of it that are.
 * @param {string} name
 * @param {string} [text] What of it.
 */
export function refuse(name, text = given.get(name) ?? "") {
  const what = `${name}=${text.length > 40 ? `${text.slice(0, 40)}…` : text}`;
  if (refused.includes(what)) return; // read by two
  refused.push(what);
  listen?.(refused);
}

let given = new URLSearchParams(location.search);
/** @type {Map<string, string | number | null>} */
const pending = new Map();
let steps = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * A property from the address, or the fallback where it is absent or refused.
 * @template T
 * @param {string} name
 * @param {(text: string) => T | undefined} parse Gives undefined for what it refuses.
 * @param {T} fallback
 * @returns {T}
 */
export function read(name, parse, fallback) {
  const text = given.get(name);
  if (text === null) return fallback;
  const value = text.length <= 2000 ? parse(text) : undefined;
  const parts = [...new Set(text.split(",").filter(Boolean))];
  if (value !== undefined && partsOf(value) >= parts.length) return value;
  refuse(name, value === undefined ? text : parts.filter((part) => !holds(value, part)).join());
  // What is refused is not handed on by a link copied from here.
  write({ [name]: null });
  return value === undefined ? fallback : value;
}

/** A job's id, or its share's token, from the address; null without one. @param {string} name */
export const readJob = (name) =>
  read(
    name,
    (text) => (/^[\w-]{1,64}$/.test(text) ? text : undefined),
    /** @type {string | null} */ (null),
  );

/** Of a list, or of several named values, what is known is kept. @param {unknown} value */
const partsOf = (value) =>
  typeof value === "object" && value !== null ? Object.keys(value).length : Infinity;
/**
 * Whether a part of the address is among what is kept of it.
 * @param {any} value @param {string} part
 */
const holds = (value, part) =>
  Array.isArray(value) ? value.map(String).includes(part) : part.split(":")[0] in value;

/**
 * Writes properties to the address once they rest: browsers limit how often this may happen.
 * @param {Record<string, string | number | null>} values null takes one out.
 * @param {boolean} [step] Whether the back button shall come back to what was before.
 */
export function write(values, step = false) {
  for (const [name, value] of Object.entries(values)) pending.set(name, value);
  steps ||= step;
  clearTimeout(timer);
  timer = setTimeout(flush, 250);
}

/** Writes what is pending at once, so that a link copied now is right. */
export function flush() {
  clearTimeout(timer);
  if (!pending.size) return;
  const url = new URL(location.href);
  for (const [name, value] of pending) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
  }
  const step = steps && url.search !== location.search;
  pending.clear();
  steps = false;
  if (step) history.pushState(history.state, "", url);
  else history.replaceState(history.state, "", url);
  tellParent(url);
}

/**
 * Has the address follow that the reader sees: on a Space, where the page is a frame, its parent's.
 * @param {URL} url
 */
export function tellParent(url) {
  if (window.parent !== window)
    window.parent.postMessage({ queryString: url.search.slice(1) }, SPACES);
}

/** @type {Map<string, {tab: string, id: string, share: string | null}>} */
const kept = new Map();

/**
 * Tells what a visitor's own run or timing in the address is called for others.
 * @param {string} name The property that holds it.
 * @param {{tab: string, id: string, share: string | null} | null} own Its tab, its private id and
 *   the name in its link, if it is shared; null where what is shown is another's.
 */
export function tellShare(name, own) {
  if (own) kept.set(name, own);
  else kept.delete(name);
}

/**
 * The address as another reader can open it: shared things by their links; a private one stays
 * only on its own tab, where it is all that the link could be for.
 * @returns {{href: string, hidden: boolean}} And whether it holds what others cannot open.
 */
export function outwardLink() {
  flush();
  const url = new URL(location.href);
  let hidden = false;
  for (const [name, { tab, id, share }] of kept) {
    if (url.searchParams.get(name) !== id) continue;
    if (share) url.searchParams.set(name, share);
    else if (url.searchParams.get("tab") === tab) hidden = true;
    else url.searchParams.delete(name);
  }
  return { href: url.href, hidden };
}

/** @type {Set<() => void>} */
const returns = new Set();
/**
 * Calls back when the reader has gone back or forth in the history.
 * @param {() => void} listener
 */
export function onReturn(listener) {
  returns.add(listener);
}
window.addEventListener("popstate", () => {
  pending.clear();
  clearTimeout(timer);
  given = new URLSearchParams(location.search);
  for (const listener of returns) listener();
});

/**
 * @template T
 * @typedef {object} Property One line of a tab's table of state.
 * @property {(text: string) => T | undefined} parse Reads the address; undefined where it refuses.
 * @property {T} fallback The value that the address does not show.
 * @property {(value: T) => string} [format] Writes the address; `String` where it is left out.
 */

/** @typedef {ReturnType<typeof store>} State */

/**
 * A tab's state, kept in the address.
 * @param {Record<string, Property<any>>} table
 */
export function store(table) {
  /** @type {Record<string, any>} */
  const values = {};
  /** @type {Map<(changed: Set<string>) => void, string[]>} Who listens, and to which names. */
  const listeners = new Map();
  /** @param {string} name @param {unknown} value */
  const words = (name, value) => (table[name].format ?? String)(value);
  /**
   * What the address shows of a property; null for the value that it does not show.
   * @param {string} name
   */
  const shown = (name) => {
    const text = words(name, values[name]);
    return text === words(name, table[name].fallback) ? null : text;
  };
  const readAll = () =>
    Object.fromEntries(
      Object.entries(table).map(([name, { parse, fallback }]) => [
        name,
        read(name, parse, fallback),
      ]),
    );
  Object.assign(values, readAll());
  // Of a list that was refused in part, the part that is kept.
  write(
    Object.fromEntries(
      Object.keys(table)
        .filter((name) => pending.get(name) === null)
        .map((name) => [name, shown(name)]),
    ),
  );

  /**
   * Takes new values over; gives the names of those that differ.
   * @param {Record<string, any>} next
   */
  function take(next) {
    const changed = Object.keys(next).filter(
      (name) => words(name, next[name]) !== words(name, values[name]),
    );
    for (const name of changed) values[name] = next[name];
    return changed;
  }
  /** @param {string[]} changed */
  const spread = (changed) => {
    for (const [listener, names] of listeners)
      if (names.some((name) => changed.includes(name))) listener(new Set(changed));
  };
  onReturn(() => spread(take(readAll())));

  return {
    /** @param {string} name @returns {any} */
    get: (name) => values[name],
    /**
     * Sets properties, tells who listens, and writes the address once all rest.
     * @param {Record<string, any>} next
     * @param {boolean} [step] Whether the back button shall come back to what was before.
     */
    set(next, step = true) {
      const changed = take(next);
      if (!changed.length) return;
      write(Object.fromEntries(changed.map((name) => [name, shown(name)])), step);
      spread(changed);
    },
    /**
     * @param {string[]} names Of the properties whose changes are heard.
     * @param {(changed: Set<string>) => void} listener Given the names of all that has changed.
     * @returns {() => void} Ends it.
     */
    subscribe(names, listener) {
      listeners.set(listener, names);
      return () => listeners.delete(listener);
    },
  };
}

/** Parses a finite number within limits. */
export const number =
  (low = -Infinity, high = Infinity) =>
  /** @param {string} text */
  (text) => {
    const value = text.trim() === "" ? NaN : Number(text.replaceAll("−", "-"));
    return Number.isFinite(value) && value >= low && value <= high ? value : undefined;
  };

/**
 * Parses one of the choices.
 * @template T
 * @param {readonly T[]} choices
 * @returns {(text: unknown) => T | undefined}
 */
export const choice = (choices) => (text) => choices.find((each) => each === text);

/**
 * Parses a list of some of the choices, with a comma between, the known ones; it may be empty.
 * @param {readonly string[]} choices
 */
export const some = (choices) => (/** @type {string} */ text) => {
  const list = [...new Set(text.split(",").filter(Boolean))];
  const known = list.filter((name) => choices.includes(name));
  return known.length || !list.length ? known : undefined;
};
