/** The page's state in its address: what is read is checked, what is refused is told. */

/** @type {string[]} Parameters of the address that were refused, as "name=value". */
const refused = [];
/** @type {((list: string[]) => void) | null} */
let tell = null;

/** Calls back with all that was refused so far, now and again as the tabs read their own. */
export function onRefused(listener) {
  tell = listener;
  if (refused.length) tell(refused);
}

/** Notes a parameter of the address as refused. @param {string} name */
export function refuse(name) {
  refused.push(`${name}=${(given.get(name) ?? "").slice(0, 40)}`);
  tell?.(refused);
}

const given = new URLSearchParams(location.search);
const pending = new Map();
let timer = 0;

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
  if (value === undefined) refuse(name);
  return value === undefined ? fallback : value;
}

/** Writes properties to the address; null takes one out. Browsers limit how often this may happen. */
export function write(values) {
  for (const [name, value] of Object.entries(values)) pending.set(name, value);
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
  pending.clear();
  history.replaceState(history.state, "", url);
}

/** Parses a finite number within limits. */
export const number =
  (low = -Infinity, high = Infinity) =>
  (text) => {
    const value = text.trim() === "" ? NaN : Number(text);
    return Number.isFinite(value) && value >= low && value <= high ? value : undefined;
  };

/** Parses one of the choices. */
export const choice = (choices) => (text) => (choices.includes(text) ? text : undefined);
