/**
 * Lists the visitor's runs: what each is called, how it went; the one shown, and several compared.
 */

import { closest, fill, find, findAll, html, moment, partsOf, t } from "../core/html.js";
import { copyShare, heldNotice, holdDeletion, isHeld, takeBack } from "../core/job_list.js";
import { attempt, downloadFrom, route } from "../core/server.js";
import { tellShare } from "../core/state.js";
import { LivePlot } from "../plot/live_plot.js";
import { pictureMenu } from "../plot/picture_menu.js";

const MOST_COMPARED = 6;
const COMPARED = ["size", "convergence", "loss", "accuracy"];
const FORMATS = ["json", "csv", "weights", "code"];
/** Where REST has a run. @param {string} run */
const pathOf = (run) => `runs/${run}`;
/** @param {string} key */
const h = (key) => t(`run.${key}`);

/**
 * @typedef {object} Listed A run in the list.
 * @property {string} run
 * @property {string} name
 * @property {string} note
 * @property {string} label Of its state.
 * @property {string | null} share_token
 * @property {number[]} sparkline
 * @property {string} accuracy
 * @property {string} share
 * @property {number} seconds
 * @property {string} device
 * @property {number} created
 */

/**
 * @typedef {object} Shown The run that is shown.
 * @property {string} run
 * @property {boolean} own
 * @property {string} name
 * @property {string} note
 * @property {string | null} share
 * @property {string[]} [replicas]
 * @property {number} [replica]
 * @property {number} [after] Its last step that was told.
 */

/**
 * @typedef {object} Tab
 * @property {(run: string | null) => void} follow Shows a run.
 * @property {() => string | null} current The run that is shown.
 * @property {() => any} latest The last answer.
 */

/** @param {HTMLElement} host @param {Tab} tab */
export function runList(host, { follow, current, latest }) {
  fill(
    host,
    html`<h2>${h("runs")}</h2><div data-part="about"></div
    ><p class="lab-note train-said" data-part="said" role="status"></p
    ><div class="lab-scroll" data-part="list" tabindex="0"></div>
    <div class="lab-row" data-part="tools" hidden><button class="lab-btn" data-compare
      title="${h("compare_tip")}">${h("compare")}</button
      ><span class="lab-error" data-part="uncompared" role="alert"></span></div>
    <div data-part="compared" hidden></div>`,
  );
  const $ = partsOf(host);
  /** Says what came of a press, below the fields and buttons of the run that is shown. */
  function say(/** @type {string} */ words, wrong = false) {
    $("said").textContent = words;
    $("said").className = `train-said ${wrong ? "lab-error" : "lab-note"}`;
  }
  /** Says beside its button why nothing is compared. @param {string} words */
  function notCompared(words) {
    $("uncompared").textContent = words;
  }
  const compareButton = find(host, "[data-compare]", HTMLButtonElement);
  /** @type {Set<string>} */
  const chosen = new Set();
  /** What stands there, so that a list that has not changed is left alone. */
  let [listed, about] = ["", ""];
  /** @type {string | undefined} The run that was shown last. */
  let toldOf;

  /** @param {Listed[]} runs @param {Shown} answer */
  function show(runs, answer) {
    const text = JSON.stringify([
      runs,
      current(),
      [...chosen],
      runs.map(({ run }) => isHeld(pathOf(run))),
    ]);
    if (text !== listed) {
      listed = text;
      for (const run of chosen) if (!runs.some((each) => each.run === run)) chosen.delete(run);
      const none = html`<p class="lab-note">${h("runs_none")}</p>`;
      renew($("list"), runs.length ? table(runs) : none);
      $("tools").hidden = runs.length < 2;
      compareButton.disabled = chosen.size < 2;
    }
    const { run, own, name, note, share, replicas = [], replica = 0, after = -1 } = answer;
    if (run !== toldOf) say("");
    toldOf = run;
    if (run) tellShare("run", own ? { tab: "train", id: run, share } : null);
    const now = JSON.stringify([run, own, name, note, share, replicas, replica, after >= 0]);
    // Someone may be writing there.
    if (now === about || $("about").querySelector("input:focus, select:focus")) return;
    about = now;
    fill($("about"), run ? shown(answer) : html``);
  }

  /** @param {Listed[]} runs */
  function table(runs) {
    const names = ["run", "state", "spark", "accuracy", "share", "time", "when"];
    const heads = names.map(
      (name) => html`<th title="${h(`column_${name}_tip`)}">${h(`column_${name}`)}</th>`,
    );
    return html`<table class="train-runs"><thead><tr><td></td>${heads}<td></td></tr></thead
      ><tbody>${runs.map(row)}</tbody></table>`;
  }

  /** @param {Listed} each */
  function row({ run, name, note, ...each }) {
    const there = run === current();
    if (isHeld(pathOf(run)))
      return html`<tr><td></td><td colspan="8" class="train-held"
        >${heldNotice(pathOf(run), name)}</td></tr>`;
    return html`<tr class="${there ? "train-here" : ""}">
      <td><input type="checkbox" data-choose="${run}" ${chosen.has(run) ? html`checked` : ""}
        aria-label="${h("compare_pick")} ${name}"></td>
      <td><button class="train-run" data-run="${run}" aria-current="${there}"
        title="${h("open_tip")}">${name}</button>
        ${note && html`<span class="lab-note train-note">${note}</span>`}</td>
      <td class="lab-note">${each.label}${each.share_token && ` · ${h("shared")}`}</td>
      <td>${sparkline(each.sparkline)}</td><td>${each.accuracy}</td><td>${each.share}</td>
      <td class="lab-note">${each.seconds ? `${each.seconds.toFixed(1)} s ${each.device}` : ""}</td
      ><td class="lab-note">${moment(each.created)}</td>
      <td><button class="lab-btn" data-delete="${run}" aria-label="${h("delete_tip")}: ${name}"
        title="${h("delete_tip")}">×</button></td></tr>`;
  }

  /** The run that is shown: its name and note, its link, its files. @param {Shown} answer */
  function shown({ run, own, name, note, share, replicas = [], replica = 0, after = -1 }) {
    const files = after >= 0 ? FORMATS.map((format) => file(run, format, replicas, replica)) : "";
    if (!own)
      return html`<div class="lab-row train-about"
        ><p class="lab-note">${h("foreign")}</p>${files}</div>`;
    return html`<div class="lab-row train-about">
      <input class="lab-field" data-field="name" maxlength="80" value="${name}"
        placeholder="${h("rename_ask")}" aria-label="${h("rename_ask")}">
      <input class="lab-field" data-field="note" maxlength="2000" value="${note}"
        placeholder="${h("note_ask")}" aria-label="${h("note_ask")}">
      <button class="lab-btn" data-share="${share ? "" : "yes"}" title="${h("share_tip")}"
        >${h(share ? "unshare" : "share_run")}</button>${share ? alone(share) : ""}${files}</div>`;
  }

  /** A link to a shared run's small page. @param {string} token */
  const alone = (token) =>
    html`<a class="lab-btn" href="${new URL(`../run/${token}/embed`, route("")).href}"
      target="_blank" rel="noopener" title="${h("alone_tip")}">${h("alone")}</a>`;

  /**
   * Asks the server to change what is told of the run that is shown.
   * @param {object} values
   * @returns {Promise<any>} Its answer; null where it refuses.
   */
  async function annotate(values) {
    const answer = await attempt(`runs/${current()}`, { method: "PATCH", given: values });
    if (answer.error) say(answer.error, true);
    return answer.error ? null : answer;
  }

  async function compare() {
    const answer = await attempt("runs/compare", { query: { run: [...chosen] } });
    notCompared(answer.error ?? "");
    if (answer.error) return;
    $("compared").hidden = false;
    fill($("compared"), comparison(answer));
    for (const name of drawnOf(answer))
      new LivePlot(find(host, `[data-plot="${name}"]`)).update(answer.figures[name]);
  }

  function showAgain() {
    show(latest().runs ?? [], latest());
  }

  /** Removes a run from the list; for a while it can be had back. @param {string} run */
  function remove(run) {
    const { runs = [] } = latest();
    const { name = "" } = runs.find((/** @type {Listed} */ each) => each.run === run) ?? {};
    const shown = current();
    holdDeletion(pathOf(run), name, (refused) => {
      if (refused) say(refused);
      follow(run === current() ? null : current());
    });
    const other = runs.find((/** @type {Listed} */ each) => !isHeld(pathOf(each.run)));
    if (run === shown && other) follow(other.run);
    showAgain();
    find(host, `[data-undo="${pathOf(run)}"]`).focus();
  }

  /** @param {string} path */
  function restore(path) {
    takeBack(path);
    showAgain();
    const [run] = findAll(host, "[data-run]").filter(({ dataset }) =>
      path.endsWith(`/${dataset.run}`),
    );
    run?.focus();
  }

  /** Shares the run that is shown, or takes that back. @param {boolean} shared */
  async function setShared(shared) {
    const answer = await annotate({ shared });
    about = "";
    if (!answer) return;
    say(answer.share ? await copyShare("train", "run", answer.share) : "");
    Object.assign(latest(), { share: answer.share ?? null });
    showAgain();
  }

  host.addEventListener("click", async (event) => {
    const { target } = event;
    const link = closest(target, "a[data-format]");
    if (link instanceof HTMLAnchorElement) {
      event.preventDefault();
      const refused = await downloadFrom(link.href);
      if (refused) say(refused, true);
      return;
    }
    const other = closest(target, "[data-run]")?.dataset.run;
    const gone = closest(target, "[data-delete]")?.dataset.delete;
    const share = closest(target, "[data-share]")?.dataset.share;
    const undo = closest(target, "[data-undo]")?.dataset.undo;
    if (other) follow(other);
    else if (undo) restore(undo);
    else if (gone) remove(gone);
    else if (share !== undefined) setShared(share === "yes");
    else if (closest(target, "[data-compare]")) compare();
    else if (closest(target, "[data-close]")) $("compared").hidden = true;
  });
  host.addEventListener("change", async ({ target }) => {
    const field = /** @type {HTMLInputElement} */ (target);
    const { choose, field: name, replica } = field.dataset;
    if (replica !== undefined) {
      const link = find(host, "[data-format=weights]", HTMLAnchorElement);
      const address = link.getAttribute("href") ?? "";
      link.href = address.replace(/replica=\d+/, `replica=${field.value}`);
    } else if (choose) {
      if (field.checked && chosen.size >= MOST_COMPARED) {
        field.checked = false;
        notCompared(t("run.compare_full"));
      } else {
        notCompared("");
        if (field.checked) chosen.add(choose);
        else chosen.delete(choose);
      }
      compareButton.disabled = chosen.size < 2;
    } else if (name && (await annotate({ [name]: field.value }))) follow(current());
  });

  return { show };
}

/**
 * A link to a run's file, and for weights the menu of whose.
 * @param {string} run @param {string} format @param {string[]} replicas @param {number} replica
 */
function file(run, format, replicas, replica) {
  const ofOne = format === "weights";
  const named = ofOne || format === "code" ? h(`export_${format}`) : format.toUpperCase();
  const address = `api/runs/${run}/export?format=${format}${ofOne ? `&replica=${replica}` : ""}`;
  const link = html`<a class="lab-btn" href="${address}" data-format="${format}" download
    title="${h(`export_${format}_tip`)}">${named}</a>`;
  if (!ofOne || !replicas.length) return link;
  const options = replicas.map(
    (words, at) =>
      html`<option value="${at}" ${at === replica ? html`selected` : ""}>${words}</option>`,
  );
  return html`${link}<select class="lab-field" data-replica title="${h("pick_replica")}"
    aria-label="${h("pick_replica")}">${options}</select>`;
}

/** The figures of a comparison that there are. @param {any} answer */
const drawnOf = ({ figures }) => COMPARED.filter((name) => figures[name]);

/** @param {any} answer */
function comparison(answer) {
  const heads = answer.names.map((/** @type {string} */ name) => html`<th>${name}</th>`);
  /** @param {{label: string, values: string[], result: boolean}} row */
  const row = ({ label, values, result }) => html`<tr class="${result ? "train-result" : ""}"
    ><th>${label}</th>${values.map((value) => html`<td>${value}</td>`)}</tr>`;
  const plots = drawnOf(answer).map(
    (name) => html`<div><div class="lab-row lab-between"><h3>${h(`plot_${name}`)}</h3
      >${pictureMenu()}</div><div class="train-small" data-plot="${name}"></div></div>`,
  );
  return html`<div class="lab-row lab-between"><h2>${h("compare_title")}</h2
      ><button class="lab-btn" data-close>${h("compare_close")}</button></div>
      <div class="lab-pair">${plots}</div>
      <div class="lab-scroll" tabindex="0"><table class="train-differences"
        ><thead><tr><th></th>${heads}</tr></thead
        ><tbody>${answer.rows.map(row)}</tbody></table></div>`;
}

/** A line of 64 × 18 pixels. @param {number[]} values */
function sparkline(values) {
  if (!values || values.length < 2) return "";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const points = values.map((value, at) => {
    const right = (62 * at) / (values.length - 1) + 1;
    const down = 16 - (14 * (value - low)) / (high - low || 1);
    return `${right.toFixed(1)},${down.toFixed(1)}`;
  });
  return html`<svg class="train-spark" width="64" height="18" aria-hidden="true"><polyline
    points="${points.join(" ")}" fill="none" stroke="var(--lab-accent)" stroke-width="1.5"/></svg>`;
}

/**
 * Puts a table in the place of another. With the same runs, cells that say the same are left: a
 * press takes longer than a report, and its end must find the button where it began, as must the
 * focus.
 * @param {HTMLElement} place
 * @param {import("../core/html.js").Html} content
 */
function renew(place, content) {
  for (const box of findAll(place, "input", HTMLInputElement))
    box.toggleAttribute("checked", box.checked);
  const made = document.createElement("div");
  fill(made, content);
  const [old, now] = [place, made].map((each) => findAll(each, "tr", HTMLTableRowElement));
  /** @param {HTMLTableRowElement} line */
  const run = (line) => findAll(line, "[data-run]")[0]?.dataset.run;
  const same = old.length === now.length && now.every((line, at) => run(line) === run(old[at]));
  if (!old.length || !same) return place.replaceChildren(...made.childNodes);
  for (const [at, line] of now.entries()) {
    old[at].className = line.className;
    const cells = [...old[at].cells];
    for (const [column, cell] of [...line.cells].entries()) {
      if (cell.innerHTML !== cells[column].innerHTML) cells[column].replaceWith(cell);
    }
  }
}
