/** What is laid beside a timing: another of one's own, or another host's file. */

import { escaped, t } from "../core/text.js";

const MOST_BYTES = 1_000_000;
const FILE = "a file";

/**
 * @param {HTMLElement} host
 * @param {{server: any, lay: (token: string | null) => void,
 *   notice: (line: string, failed?: boolean) => void}} tab
 */
export function besidePicker(host, { server, lay, notice }) {
  host.innerHTML = `<label class="time-pick">${escaped(t("timed.beside.label"))}
    <select class="lab-field" data-beside title="${escaped(t("timed.beside.tip"))}"></select></label>
    <input type="file" accept=".json,application/json" hidden aria-label="${escaped(t("timed.beside.file"))}">`;
  const [select, file] = [host.querySelector("select"), host.querySelector("input")];
  let chosen = "";

  /**
   * @param {{id: string, name: string, what: string}[]} timings One's own others.
   * @param {[string, string][]} files Token and host of each file that is known.
   * @param {string | null} beside What lies there now.
   */
  function show(timings, files, beside) {
    chosen = beside ?? "";
    const option = (value, label) => `<option value="${escaped(value)}">${escaped(label)}</option>`;
    select.innerHTML = [
      option("", t("timed.beside.none")),
      ...timings.map(({ id, name, what }) => option(id, name || what)),
      ...files.map(([token, name]) => option(token, name)),
      option(FILE, t("timed.beside.file")),
    ].join("");
    select.value = chosen;
    select.disabled = host.hidden = false;
  }

  /** While a timing goes on nothing can lie beside it; the field keeps its place. */
  function rest() {
    if (!select.options.length) select.add(new Option(t("timed.beside.none"), ""));
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
    const [given] = file.files;
    file.value = "";
    if (!given) return;
    if (given.size > MOST_BYTES) return notice(t("timed.foreign.too_large", { limit: 1 }), true);
    const answer = await server
      .lay({ text: await given.text() })
      .catch(() => ({ error: t("timed.beside.unread") }));
    if (answer.error) return notice(answer.error, true);
    notice("");
    lay(answer.token);
  });

  return { show, rest };
}
