/** The visitor's timings: open one, call it by a name, remove it. */

import { escape, moment, t } from "./text.js";

/**
 * @param {HTMLElement} host
 * @param {{server: any, open: (id: string | null) => void, changed: () => void,
 *   notice: (line: string, failed?: boolean) => void}} tab
 */
export function keptList(host, { server, open, changed, notice }) {
  host.innerHTML = `<label class="lab-label">${escape(t("time.ui.earlier"))}
      <select class="lab-field" data-part="earlier" title="${escape(t("time.ui.earlier_tip"))}"></select></label>
    <div class="lab-row time-kept">
      <input class="lab-field" data-part="name" maxlength="80" placeholder="${escape(t("timed.kept.name"))}" aria-label="${escape(t("timed.kept.name"))}">
      <button class="lab-btn" type="button" data-part="drop" title="${escape(t("timed.kept.drop_tip"))}" aria-label="${escape(t("timed.kept.drop_tip"))}">×</button></div>`;
  const part = (name) => host.querySelector(`[data-part="${name}"]`);
  let [entries, current] = [[], null];

  /** @param {{id: string, name: string, what: string, at: number}[]} kept @param {string | null} id The one shown. */
  function show(kept, id) {
    [entries, current] = [kept, id];
    const label = ({ name, what, at }) => `${moment(at)} · ${name || what}`;
    part("earlier").innerHTML = kept.map((each) => `<option value="${escape(each.id)}">${escape(label(each))}</option>`).join("");
    part("earlier").value = id;
    const name = part("name");
    if (document.activeElement !== name) name.value = kept.find((each) => each.id === id)?.name ?? "";
    host.hidden = !kept.length;
  }

  part("earlier").addEventListener("change", ({ target }) => open(target.value));
  part("name").addEventListener("change", async ({ target }) => {
    const answer = await server.rename({ id: current, name: target.value });
    if (answer.error) notice(answer.error, true);
    target.blur();
    changed();
  });
  part("drop").addEventListener("click", async () => {
    const next = entries.find(({ id }) => id !== current)?.id ?? null;
    const answer = await server.drop({ id: current });
    if (answer.error) notice(answer.error, true);
    else {
      host.hidden = !next;
      open(next);
    }
  });

  return { show };
}
