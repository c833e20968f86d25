/** Figures that others have published, in a card of their own: cited, never mixed with one's own. */

import { activations } from "./activations.js";
import { escape, t } from "./text.js";

const h = (key, values) => escape(t(`timed.cited.${key}`, values));

/**
 * @param {HTMLElement} card A `details` element.
 * @param {{device: string, dtype: string, activation: string, implementation: string,
 *   forward: number, backward: number, title: string, url: string, year: number, clock: string}[]} rows
 */
export function citedCard(card, rows) {
  const heads = ["device", "dtype", "what", "forward", "backward", "ratio", "source"].map((name) => `<th scope="col">${h(name)}</th>`).join("");
  card.innerHTML = `<summary><h3>${h("title")}</h3><span class="lab-note">${h("note")}</span></summary>
    <div class="lab-scroll" tabindex="0"><table class="time-table time-published"><thead><tr>${heads}</tr></thead><tbody>${rows.map((row, at) => line(row, rows[at - 1], rows)).join("")}</tbody></table></div>
    <p class="lab-note">${h("how")}</p>`;
}

function line(row, before, rows) {
  const first = !before || before.device !== row.device || before.dtype !== row.dtype;
  const relu = rows.find((each) => each.activation === "relu" && each.device === row.device && each.dtype === row.dtype);
  const ratio = (row.forward + row.backward) / (relu.forward + relu.backward);
  const label = activations.find(({ name }) => name === row.activation)?.label ?? row.activation;
  const clock = row.clock === "processor" ? ` <span class="lab-note">${h("processor")}</span>` : "";
  const source = `<a href="${escape(row.url)}" target="_blank" rel="noopener">${escape(row.title)}</a>, ${row.year}`;
  return `<tr${first ? ' class="time-group"' : ""}><th scope="row">${first ? escape(row.device) + clock : ""}</th><td>${first ? escape(row.dtype) : ""}</td>
    <td class="time-what">${escape(`${label} · ${row.implementation}`)}</td><td>${duration(row.forward)}</td><td>${duration(row.backward)}</td>
    <td>${row === relu ? "1" : ratio.toFixed(2)}</td><td class="time-source">${first ? source : ""}</td></tr>`;
}

/** @param {number} seconds */
function duration(seconds) {
  const [value, unit] = seconds < 1e-3 ? [seconds * 1e6, "µs"] : [seconds * 1e3, "ms"];
  return `${Number(value.toPrecision(4))} ${unit}`;
}
