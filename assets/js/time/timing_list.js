/** The visitor's timings: open one, call it by a name, remove it. */

import { tellShare } from "../core/state.js";
import { escaped, moment, t } from "../core/text.js";

/**
 * @param {HTMLElement} host
 * @param {{server: any, open: (id: string | null) => void, changed: () => void,
 *   notice: (line: string, failed?: boolean) => void}} tab
 */
export function keptList(host, { server, open, changed, notice }) {
  host.innerHTML = `<label class="lab-label">${escaped(t("time.ui.earlier"))}
      <select class="lab-field" data-part="earlier" title="${escaped(t("time.ui.earlier_tip"))}"></select></label>
    <div class="lab-row time-kept">
      <input class="lab-field" data-part="name" maxlength="80" placeholder="${escaped(t("timed.kept.name"))}" aria-label="${escaped(t("timed.kept.name"))}">
      <button class="lab-btn" type="button" data-part="link" title="${escaped(t("timed.kept.share_tip"))}"></button>
      <button class="lab-btn" type="button" data-part="drop" title="${escaped(t("timed.kept.drop_tip"))}" aria-label="${escaped(t("timed.kept.drop_tip"))}">×</button></div>`;
  const part = (name) => host.querySelector(`[data-part="${name}"]`);
  let [entries, current] = [[], null];

  /** @param {{id: string, name: string, share: string | null, what: string, at: number}[]} kept @param {string | null} id The one shown. */
  function show(kept, id) {
    [entries, current] = [kept, id];
    const label = ({ name, what, at }) => `${moment(at)} · ${name || what}`;
    part("earlier").innerHTML = kept
      .map((each) => `<option value="${escaped(each.id)}">${escaped(label(each))}</option>`)
      .join("");
    part("earlier").value = id;
    const shown = kept.find((each) => each.id === id);
    tellShare("timing", shown ? { tab: "time", id, share: shown.share } : null);
    host.querySelector(".time-kept").hidden = !shown; // another's, by its link
    part("link").textContent = t(shown?.share ? "run.unshare" : "run.share_run");
    const name = part("name");
    if (document.activeElement !== name) name.value = shown?.name ?? "";
    host.hidden = !kept.length;
  }

  part("earlier").addEventListener("change", ({ target }) => open(target.value));
  part("name").addEventListener("change", async ({ target }) => {
    const answer = await server.annotate({ id: current, name: target.value });
    if (answer.error) notice(answer.error, true);
    target.blur();
    changed();
  });
  part("link").addEventListener("click", async () => {
    const shared = !entries.find(({ id }) => id === current)?.share;
    const answer = await server.annotate({ id: current, shared });
    if (answer.error) return notice(answer.error, true);
    if (answer.share) {
      const link = new URL(location.href);
      link.search = `?tab=time&timing=${answer.share}`;
      await navigator.clipboard?.writeText(link.href).catch(() => {});
      notice(t("run.shared_copied", { link: link.href }));
    } else notice("");
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
