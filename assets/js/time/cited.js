/**
 * Shows figures that others have published, in a card of their own: cited, never mixed with one's
 * own.
 */

import { fill, html } from "../core/dom.js";
import { t } from "../core/text.js";
import { activations } from "../generated/activations.js";

/** @param {string} key @param {Record<string, string | number>} [values] */
const h = (key, values) => t(`timed.cited.${key}`, values);

/**
 * @typedef {object} Row
 * @property {string} device
 * @property {string} dtype
 * @property {string} activation
 * @property {string} implementation
 * @property {number} forward Seconds.
 * @property {number} backward Seconds.
 * @property {string} title Of the source.
 * @property {string} url
 * @property {number} year
 * @property {string} clock
 */

/**
 * @param {HTMLElement} card A `details` element.
 * @param {Row[]} rows
 */
export function citedCard(card, rows) {
  const heads = ["device", "dtype", "what", "forward", "backward", "ratio"].map(
    (name) => html`<th scope="col">${h(name)}</th>`,
  );
  fill(
    card,
    html`<summary><h3>${h("title")}</h3><span class="lab-note">${h("note")}</span></summary>
    <div class="lab-scroll" tabindex="0"><table class="time-table time-published"
      ><thead><tr>${heads}</tr></thead><tbody>${groups(rows).map(lines)}</tbody></table></div>
    <p class="lab-note">${h("how")}</p>`,
  );
}

/** The rows of one machine and type together. @param {Row[]} rows */
const groups = (rows) => [
  ...Map.groupBy(rows, ({ device, dtype }) => `${device} ${dtype}`).values(),
];

/** The machine stands in a group's first line, its source in the second. @param {Row[]} group */
function lines(group) {
  const relu = group.find(({ activation }) => activation === "relu");
  /** @param {Row | undefined} row */
  const whole = (row) => (row ? row.forward + row.backward : NaN);
  return group.map((row, at) => {
    const who = h("source", { who: row.title.split(",")[0], year: row.year });
    const source = html`<a href="${row.url}" target="_blank" rel="noopener"
      title="${row.title}">${who}</a>`;
    const clock =
      row.clock === "processor" && html`<span class="lab-note">${h("processor")}</span>`;
    const where = [row.device, html`<span class="lab-note">${source}</span>`, clock][at];
    const label = activations.find(({ name }) => name === row.activation)?.label ?? row.activation;
    const ratio = row === relu ? "1" : (whole(row) / whole(relu)).toFixed(2);
    return html`<tr class="${at === group.length - 1 ? "time-last" : ""}"
      >${where ? html`<th scope="row">${where}</th>` : html`<td></td>`}<td
      >${at ? "" : row.dtype}</td>
        <td>${`${label} · ${row.implementation}`}</td><td>${duration(row.forward)}</td
        ><td>${duration(row.backward)}</td>
        <td>${ratio}</td></tr>`;
  });
}

/** @param {number} seconds */
function duration(seconds) {
  const [value, unit] = seconds < 1e-3 ? [seconds * 1e6, "µs"] : [seconds * 1e3, "ms"];
  return `${Number(value.toPrecision(4))} ${unit}`;
}
