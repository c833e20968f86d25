/**
 * Lays another timing beside one: one's own, another host's file, or figures that others have
 * published, which are cited in a card of their own and never mixed with one's own.
 */

import { offer } from "../core/controls.js";
import { fill, find, html, t } from "../core/html.js";
import { attempt } from "../core/server.js";
import { activations } from "../generated/activations.js";

const MOST_BYTES = 1_000_000;
const FILE = "a file";

/**
 * @param {HTMLElement} host
 * @param {{lay: (token: string | null) => void,
 *   notice: (line: string, failed?: boolean) => void}} tab
 */
export function besidePicker(host, { lay, notice }) {
  /** @param {string} key */
  const h = (key) => t(`timed.beside.${key}`);
  fill(
    host,
    html`<label class="time-pick">${h("label")}
    <select class="lab-field" data-beside title="${h("tip")}"></select></label>
    <input type="file" accept=".json,application/json" hidden aria-label="${h("file")}">`,
  );
  const select = find(host, "select", HTMLSelectElement);
  const file = find(host, "input", HTMLInputElement);
  let chosen = "";

  /**
   * @param {{id: string, name: string, what: string}[]} timings One's own others.
   * @param {[string, string][]} files Token and host of each file that is known.
   * @param {string | null} beside What lies there now.
   */
  function show(timings, files, beside) {
    chosen = beside ?? "";
    /** @type {[string, string][]} */
    const own = timings.map(({ id, name, what }) => [id, name || what]);
    offer(select, [["", h("none")], ...own, ...files, [FILE, h("file")]], chosen);
    select.disabled = host.hidden = false;
  }

  /** While a timing goes on nothing can lie beside it; the field keeps its place. */
  function rest() {
    if (!select.options.length) select.add(new Option(h("none"), ""));
    select.disabled = true;
    host.hidden = false;
  }

  select.addEventListener("change", () => {
    const value = select.value;
    select.value = chosen; // until the file is read, or for good where none is chosen
    if (value === FILE) return file.click();
    notice("");
    lay(value || null);
  });
  file.addEventListener("change", async () => {
    const given = file.files?.[0];
    file.value = "";
    if (!given) return;
    if (given.size > MOST_BYTES) return notice(t("timed.foreign.too_large", { limit: 1 }), true);
    const text = await given.text();
    const answer = await attempt("timings/files", { given: { text } });
    if (answer.error) return notice(answer.error, true);
    notice("");
    lay(answer.token);
  });

  return { show, rest };
}

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
    html`<summary><h2>${h("title")}</h2><span class="lab-note">${h("note")}</span></summary>
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
