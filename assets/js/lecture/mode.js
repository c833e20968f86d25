/** Whether this page is shown to a room: one card, large, and no forms. It is so from its start. */

export const presenting = new URLSearchParams(location.search).has("present");
/** How much larger than on a desk plots are lettered and drawn. */
export const ENLARGED = presenting ? 1.8 : 1;

if (presenting) document.documentElement.dataset.present = "";

/** Sizes in a Plotly figure: of letters, lines, markers, margins. */
const SIZES = new Set(["size", "width", "l", "r", "t", "b", "tickwidth", "standoff"]);

/**
 * A Plotly figure's data or layout, all its sizes larger.
 * @template T
 * @param {T} given
 * @returns {T}
 */
export function enlarged(given) {
  /** @param {any} value @param {string} [name] @returns {any} */
  const larger = (value, name = "") => {
    if (typeof value === "number") return SIZES.has(name) ? value * ENLARGED : value;
    // Long lists are points, and have no sizes.
    if (Array.isArray(value)) return value.length > 100 ? value : value.map((each) => larger(each));
    if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, larger(each, key)]));
  };
  return larger(given);
}
