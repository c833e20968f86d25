/** The visitor's runs: what each is called, how it went; the one that is shown, and several compared. */

import * as rest from "../core/server.js";
import { tellShare } from "../core/state.js";
import { escaped, moment, t } from "../core/text.js";
import { downloadFrom } from "../plot/download.js";
import { LivePlot } from "../plot/live_plot.js";

const MOST_COMPARED = 6;
const COMPARED = ["size", "convergence", "loss", "accuracy"];
/** So long a first press on × waits for the second. */
const SURE_MS = 5000;
const FORMATS = ["json", "csv", "weights", "code"];
const h = (key, values) => escaped(t(`run.${key}`, values));

/**
 * @param {HTMLElement} host
 * @param {{server: any, follow: (run: string | null) => void, current: () => string | null,
 *   say: (words: string, wrong?: boolean) => void, told: () => any}} tab
 */
export function runList(host, { server, follow, current, say, told }) {
  host.innerHTML = `<h3>${h("runs")}</h3><div data-part="about"></div><div class="lab-scroll" data-part="list" tabindex="0"></div>
    <div class="lab-row" data-part="tools" hidden><button class="lab-btn" data-compare title="${h("compare_tip")}">${h("compare")}</button></div>
    <div data-part="compared" hidden></div>`;
  const $ = (name) => host.querySelector(`[data-part="${name}"]`);
  const chosen = new Set();
  /** The run whose removal was asked for once. @type {string | null} */
  let sure = null;
  /** What stands there, so that a list that has not changed is left alone. */
  let [listed, about] = ["", ""];

  function show(runs, answer) {
    const text = JSON.stringify([runs, current(), [...chosen], sure]);
    if (text !== listed) {
      listed = text;
      for (const run of chosen) if (!runs.some((each) => each.run === run)) chosen.delete(run);
      renew($("list"), runs.length ? table(runs) : `<p class="lab-note">${h("runs_none")}</p>`);
      $("tools").hidden = runs.length < 2;
      $("tools").firstElementChild.disabled = chosen.size < 2;
    }
    const { run, own, name, note, share, replicas = [], replica = 0, after = -1 } = answer;
    if (run) tellShare("run", own ? { tab: "train", id: run, share } : null);
    const now = JSON.stringify([run, own, name, note, share, replicas, replica, after >= 0]);
    if (now === about || $("about").querySelector("input:focus, select:focus")) return; // someone is writing there
    about = now;
    $("about").innerHTML = run
      ? shown({ run, own, name, note, share, replicas, replica, begun: after >= 0 })
      : "";
  }

  function table(runs) {
    const head = ["", "run", "state", "spark", "accuracy", "share", "time", "when", ""]
      .map((name) => `<th>${name ? h(`column_${name}`) : ""}</th>`)
      .join("");
    return `<table class="train-runs"><thead><tr>${head}</tr></thead><tbody>${runs.map(row).join("")}</tbody></table>`;
  }

  function row(each) {
    const there = each.run === current();
    return `<tr${there ? ' class="train-here"' : ""}>
      <td><input type="checkbox" data-choose="${each.run}" ${chosen.has(each.run) ? "checked" : ""} aria-label="${h("compare_pick")} ${escaped(each.name)}"></td>
      <td><button class="train-run" data-run="${each.run}" aria-current="${there}" title="${h("open_tip")}">${escaped(each.name)}</button>
        ${each.note ? `<span class="lab-note train-note">${escaped(each.note)}</span>` : ""}</td>
      <td class="lab-note">${escaped(each.label)}${each.share_token ? ` · ${h("shared")}` : ""}</td>
      <td>${sparkline(each.sparkline)}</td><td>${escaped(each.accuracy)}</td><td>${escaped(each.share)}</td>
      <td class="lab-note">${each.seconds ? `${each.seconds.toFixed(1)} s ${escaped(each.device)}` : ""}</td><td class="lab-note">${moment(each.created)}</td>
      <td><button class="lab-btn" data-delete="${each.run}" aria-label="${h("delete_tip")}" title="${h("delete_tip")}">${each.run === sure ? h("delete_sure") : "×"}</button></td></tr>`;
  }

  /** The run that is shown: its name and note, its link, its files. */
  function shown({ run, own, name, note, share, replicas, replica, begun }) {
    const options = replicas
      .map(
        (words, at) =>
          `<option value="${at}"${at === replica ? " selected" : ""}>${escaped(words)}</option>`,
      )
      .join("");
    const pick =
      options &&
      `<select class="lab-field" data-replica title="${h("pick_replica")}" aria-label="${h("pick_replica")}">${options}</select>`;
    const files = begun
      ? FORMATS.map(
          (format) =>
            `<a class="lab-btn" href="api/runs/${run}/export?format=${format}${format === "weights" ? `&replica=${replica}` : ""}" data-format="${format}" download title="${h(`export_${format}_tip`)}">${format === "weights" || format === "code" ? h(`export_${format}`) : format.toUpperCase()}</a>${format === "weights" ? pick : ""}`,
        ).join("")
      : "";
    if (!own)
      return `<div class="lab-row train-about"><p class="lab-note">${h("foreign")}</p>${files}</div>`;
    return `<div class="lab-row train-about">
      <input class="lab-field" data-field="name" maxlength="80" value="${escaped(name)}" placeholder="${h("rename_ask")}" aria-label="${h("rename_ask")}">
      <input class="lab-field" data-field="note" maxlength="2000" value="${escaped(note)}" placeholder="${h("note_ask")}" aria-label="${h("note_ask")}">
      <button class="lab-btn" data-share="${share ? "" : "yes"}" title="${h("share_tip")}">${h(share ? "unshare" : "share_run")}</button>${files}</div>`;
  }

  async function annotate(values) {
    const said = await rest.ask(`runs/${current()}`, { method: "PATCH", given: values });
    if (said.error) say(said.error, true);
    return said.error ? null : said;
  }

  async function compare() {
    const answer = await server.compare({ runs: [...chosen] });
    if (answer.error) return say(answer.error, true);
    $("compared").hidden = false;
    const drawn = COMPARED.filter((name) => answer.figures[name]);
    const heads = answer.names.map((name) => `<th>${escaped(name)}</th>`).join("");
    const rows = answer.rows.map(
      ({ label, values, result }) =>
        `<tr${result ? ' class="train-result"' : ""}><th>${escaped(label)}</th>${values.map((value) => `<td>${escaped(value)}</td>`).join("")}</tr>`,
    );
    $("compared").innerHTML =
      `<div class="lab-row lab-between"><h3>${h("compare_title")}</h3><button class="lab-btn" data-close>${h("compare_close")}</button></div>
      <div class="lab-pair">${drawn.map((name) => `<div><h3>${h(`plot_${name}`)}</h3><div class="train-small" data-plot="${name}"></div></div>`).join("")}</div>
      <div class="lab-scroll" tabindex="0"><table class="train-differences"><thead><tr><th></th>${heads}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
    for (const name of drawn)
      new LivePlot(host.querySelector(`[data-plot="${name}"]`)).update(answer.figures[name]);
  }

  host.addEventListener("click", async (event) => {
    const { target } = event;
    const file = target.closest("a[data-format]");
    if (file) {
      event.preventDefault();
      const refused = await downloadFrom(file.href);
      if (refused) say(refused, true);
      return;
    }
    const other = target.closest("[data-run]")?.dataset.run;
    const gone = target.closest("[data-delete]")?.dataset.delete;
    const share = target.closest("[data-share]");
    if (other) follow(other);
    else if (gone && gone !== sure) {
      // Asked for twice, for it cannot be taken back; a list that is drawn anew between still knows.
      sure = gone;
      show(told().runs ?? [], told());
      host.querySelector(`[data-delete="${gone}"]`)?.focus();
      setTimeout(() => {
        if (sure !== gone) return;
        sure = null;
        show(told().runs ?? [], told());
      }, SURE_MS);
    } else if (gone) {
      const answer = await server.wish({ run: gone, wish: "delete" });
      if (answer.error) say(answer.error, true);
      follow(gone === current() ? null : current());
    } else if (share) {
      const said = await annotate({ shared: share.dataset.share === "yes" });
      if (said?.share) {
        const link = new URL(location.href);
        link.search = `?tab=train&run=${said.share}`;
        await navigator.clipboard?.writeText(link.href).catch(() => {});
        say(t("run.shared_copied", { link: link.href }));
      }
      about = "";
      if (said) show(told().runs ?? [], Object.assign(told(), { share: said.share ?? null }));
    } else if (target.closest("[data-compare]")) compare();
    else if (target.closest("[data-close]")) $("compared").hidden = true;
  });
  host.addEventListener("change", async ({ target }) => {
    const { choose, field, replica } = target.dataset;
    if (replica !== undefined) {
      const link = host.querySelector("[data-format=weights]");
      link.href = link.getAttribute("href").replace(/replica=\d+/, `replica=${target.value}`);
      return;
    }
    if (choose) {
      if (target.checked && chosen.size >= MOST_COMPARED) {
        target.checked = false;
        say(t("run.compare_full"), true);
      } else if (target.checked) chosen.add(choose);
      else chosen.delete(choose);
      $("tools").firstElementChild.disabled = chosen.size < 2;
    } else if (field && (await annotate({ [field]: target.value }))) follow(current());
  });

  return { show };
}

/** A line of 64 × 18 pixels. @param {number[]} values */
function sparkline(values) {
  if (!values || values.length < 2) return "";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const points = values
    .map(
      (value, at) =>
        `${((62 * at) / (values.length - 1) + 1).toFixed(1)},${(16 - (14 * (value - low)) / (high - low || 1)).toFixed(1)}`,
    )
    .join(" ");
  return `<svg class="train-spark" width="64" height="18" aria-hidden="true"><polyline points="${points}" fill="none" stroke="var(--lab-accent)" stroke-width="1.5"/></svg>`;
}

/**
 * Puts a table in the place of another. With the same runs, cells that say the same are left: a press
 * takes longer than a report, and its end must find the button where it began, as must the focus.
 * @param {HTMLElement} place
 * @param {string} html
 */
function renew(place, html) {
  for (const box of place.querySelectorAll("input")) box.toggleAttribute("checked", box.checked);
  const made = document.createElement("div");
  made.innerHTML = html;
  const [old, now] = [place, made].map((each) => [...each.querySelectorAll("tr")]);
  const run = (line) => line?.querySelector("[data-run]")?.dataset.run;
  if (
    !old.length ||
    old.length !== now.length ||
    now.some((line, at) => run(line) !== run(old[at]))
  ) {
    return place.replaceChildren(...made.childNodes);
  }
  now.forEach((line, at) => {
    old[at].className = line.className;
    const cells = [...old[at].cells];
    [...line.cells].forEach((cell, column) => {
      if (cell.innerHTML !== cells[column].innerHTML) cells[column].replaceWith(cell);
    });
  });
}
