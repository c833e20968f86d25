/** Figures that others have published, in a card of their own: cited, never mixed with one's own. */

import { escaped, t } from "../core/text.js";
import { activations } from "../generated/activations.js";

const h = (key, values) => escaped(t(`timed.cited.${key}`, values));

/**
 * @param {HTMLElement} card A `details` element.
 * @param {{device: string, dtype: string, activation: string, implementation: string,
 *   forward: number, backward: number, title: string, url: string, year: number, clock: string}[]} rows
 */
export function citedCard(card, rows) {
  const heads = ["device", "dtype", "what", "forward", "backward", "ratio"]
    .map((name) => `<th scope="col">${h(name)}</th>`)
    .join("");
  card.innerHTML = `<summary><h3>${h("title")}</h3><span class="lab-note">${h("note")}</span></summary>
    <div class="lab-scroll" tabindex="0"><table class="time-table time-published"><thead><tr>${heads}</tr></thead><tbody>${groups(rows).map(lines).join("")}</tbody></table></div>
    <p class="lab-note">${h("how")}</p>`;
}

/** The rows of one machine and type together. */
function groups(rows) {
  const found = new Map();
  for (const row of rows) {
    const key = `${row.device} ${row.dtype}`;
    found.set(key, [...(found.get(key) ?? []), row]);
  }
  return [...found.values()];
}

/** The machine stands in a group's first line, its source in the second. */
function lines(group) {
  const relu = group.find(({ activation }) => activation === "relu");
  const whole = ({ forward, backward }) => forward + backward;
  return group
    .map((row, at) => {
      const source = `<a href="${escaped(row.url)}" target="_blank" rel="noopener" title="${escaped(row.title)}">${h("source", { who: row.title.split(",")[0], year: row.year })}</a>`;
      const where =
        [
          escaped(row.device),
          `<span class="lab-note">${source}</span>`,
          row.clock === "processor" ? `<span class="lab-note">${h("processor")}</span>` : "",
        ][at] ?? "";
      const label =
        activations.find(({ name }) => name === row.activation)?.label ?? row.activation;
      const head = where ? `<th scope="row">${where}</th>` : "<td></td>";
      return `<tr${at === group.length - 1 ? ' class="time-last"' : ""}>${head}<td>${at ? "" : escaped(row.dtype)}</td>
        <td>${escaped(`${label} · ${row.implementation}`)}</td><td>${duration(row.forward)}</td><td>${duration(row.backward)}</td>
        <td>${row === relu ? "1" : (whole(row) / whole(relu)).toFixed(2)}</td></tr>`;
    })
    .join("");
}

/** @param {number} seconds */
function duration(seconds) {
  const [value, unit] = seconds < 1e-3 ? [seconds * 1e6, "µs"] : [seconds * 1e3, "ms"];
  return `${Number(value.toPrecision(4))} ${unit}`;
}
