/** The views of a lecture: prepared ones, a teacher's own, and those that a link hands on. */

import { t } from "../core/html.js";
import { keep, kept } from "../core/storage.js";

/** @typedef {{title: string, query: string}} View A state of the page, by its address. */

const [MOST, LONGEST_TITLE, LONGEST_QUERY] = [40, 120, 1000];
/** Parameters of the address that are the lecture's own, and no part of a view. */
const OWN = ["present", "lecture"];

/** Address by the key of its title. */
const PREPARED = {
  formula: "card=formula&act=relu",
  dip: "act=relu&show=f&x=-5,1.5",
  deep: "card=signal&layers=50&depth=layers",
  cost: "tab=claims&claim=cost",
  refuted: "tab=claims&claim=max-slope",
};

/** @returns {View[]} */
export const prepared = () =>
  Object.entries(PREPARED).map(([name, query]) => ({ title: t(`lecture.view_${name}`), query }));

/** An address's parameters without the lecture's. @param {string} search */
export function plainQuery(search) {
  const given = new URLSearchParams(search);
  for (const name of OWN) given.delete(name);
  return given.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

/**
 * The views in a text, as `written` writes it; none where it is something else.
 * @param {string | null} text
 * @returns {View[]}
 */
function parsed(text) {
  try {
    const given = JSON.parse(text ?? "[]");
    if (!Array.isArray(given)) return [];
    return given.slice(0, MOST).flatMap((each) => {
      const [title, query] = Array.isArray(each) ? each : [];
      if (typeof title !== "string" || typeof query !== "string" || query.length > LONGEST_QUERY)
        return [];
      return [{ title: title.slice(0, LONGEST_TITLE), query: plainQuery(query) }];
    });
  } catch {
    return [];
  }
}

/** @param {View[]} views */
const written = (views) => JSON.stringify(views.map(({ title, query }) => [title, query]));

/** The teacher's own list, kept in this browser. */
export const ownViews = () => parsed(kept("lecture"));
/** @param {View[]} views */
export const keepViews = (views) => keep("lecture", written(views.slice(0, MOST)));

/** Views as a parameter of an address. @param {View[]} views */
export function packed(views) {
  const bytes = new TextEncoder().encode(written(views));
  const letters = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return letters.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @param {string} text */
function unpacked(text) {
  try {
    const letters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    return parsed(new TextDecoder().decode(bytes));
  } catch {
    return [];
  }
}

/**
 * The views that an address presents: those it holds, else one's own, else the prepared ones.
 * @param {string} search
 */
export function viewsOf(search) {
  const packedViews = new URLSearchParams(search).get("lecture");
  const found = packedViews === null ? ownViews() : unpacked(packedViews);
  return found.length ? found : prepared();
}

/**
 * The address that presents a view.
 * @param {View[]} views @param {number} at @param {string | null} lecture The views as packed.
 */
export function presented(views, at, lecture) {
  const url = new URL(location.href);
  url.search = views[at].query;
  url.hash = "";
  if (lecture !== null) url.searchParams.set("lecture", lecture);
  const lang = new URLSearchParams(location.search).get("lang");
  if (lang && !url.searchParams.has("lang")) url.searchParams.set("lang", lang);
  url.searchParams.set("present", String(at + 1));
  return url;
}
