/** Picks what is laid beside a timing: another of one's own, or another host's file. */

import { fill, find, html, offer } from "../core/dom.js";
import { attempt } from "../core/server.js";
import { t } from "../core/text.js";

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
