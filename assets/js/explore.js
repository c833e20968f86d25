/** Explore: curves of Swish_β and its rivals, computed and drawn here while β is dragged. */

import { activations } from "./activations.js";
import { betaControl, scaleOf } from "./beta.js";
import { cards } from "./cards.js";
import { codeCard } from "./codecard.js";
import { curves } from "./curves.js";
import { download, pictureOf } from "./export.js";
import { formulaField } from "./formulafield.js";
import { gestures } from "./gestures.js";
import { whenThere } from "./handover.js";
import { openTab } from "./header.js";
import { landmarkCard } from "./landmarkcard.js";
import { PANEL } from "./panels.js";
import { activationPicker } from "./picker.js";
import { FARTHEST, PANELS, PROPERTIES } from "./properties.js";
import { precisionCard } from "./precisioncard.js";
import { propertyCard } from "./propertycard.js";
import { reading } from "./reading.js";
import { toCsv, toTable } from "./sampling.js";
import { signalCard } from "./signalcard.js";
import { number, store } from "./state.js";
import { stillOf } from "./still.js";
import { surfaceCard } from "./surfacecard.js";
import { escape, short, t } from "./text.js";
import { colour, onTheme } from "./theme.js";

const GREEK = { "\\alpha": "α", "\\beta": "β", "\\gamma": "γ", "\\delta": "δ", "\\lambda": "λ", "\\mu": "μ", "\\theta": "θ", "\\tau": "τ", "\\kappa": "κ", "\\omega": "ω", "\\sigma": "σ", "\\rho": "ρ", "\\epsilon": "ε" };
/** The cards under the plot: heading, what makes it, a class of its own. */
const CARDS = [
  ["properties.heading", propertyCard, "explore-wide"],
  ["explore.card_landmarks", landmarkCard],
  ["surface.heading", surfaceCard],
  ["signal.card", signalCard, "signal-card"],
  ["precision.card", precisionCard],
  ["explore.formulas", formulaCard, "explore-formulas"],
  ["code.heading", codeCard, "explore-code"],
];
const swish = activations.find(({ name }) => name === "swish");

export function mount({ element, trigger, server }) {
  element.innerHTML = skeleton();
  const $ = (name) => element.querySelector(`[data-part="${name}"]`);
  const state = store(PROPERTIES);
  /** The record of the typed formula; null where there is none. */
  let typed = null;

  /** What every part of the tab is given. */
  const lab = {
    state,
    server,
    swish,
    trigger,
    /** The scale of β's slider: low, high, toBeta, toSlider. */
    get scale() {
      return scaleOf(state);
    },
    /** The records that are shown: Swish, its rivals in the registry's order, the typed one. */
    chosen() {
      const names = state.get("act");
      return [swish, ...activations.filter(({ name }) => names.includes(name)), ...(typed ? [typed] : [])];
    },
    /** A record's name in the state's keys. */
    keyOf: (record) => (record === typed ? "formula" : record.name),
    /** A record's parameters as they stand. */
    values(record) {
      if (record === swish) return { beta: state.get("beta") };
      const given = state.get("par");
      const key = lab.keyOf(record);
      return Object.fromEntries(record.parameters.map((each) => [each.name, given[`${key}.${each.name}`] ?? each.default]));
    },
    /** Puts a rival in or out. */
    toggle(name) {
      if (typed && name === typed.name) return state.set({ formula: "" });
      if (name === "swish" || !activations.some((each) => each.name === name)) return;
      const names = state.get("act");
      state.set({ act: names.includes(name) ? names.filter((each) => each !== name) : [...names, name] });
    },
    /** Sets a parameter. @param {string} key "elu.alpha" @param {number} value */
    tune(key, value) {
      if (key === "swish.beta") return beta.choose(value);
      const [name, parameter] = key.split(".");
      const record = lab.recordOf(name);
      const usual = record?.parameters.find((each) => each.name === parameter)?.default;
      const { [key]: was, ...rest } = state.get("par");
      state.set({ par: value === usual ? rest : { ...rest, [key]: value } });
    },
    /** @param {string} key A name of the registry, or "formula". */
    recordOf: (key) => (key === "formula" ? typed : activations.find(({ name }) => name === key)),
    /** The symbol of a parameter. @param {string} key "elu.alpha" */
    symbolOf(key) {
      const [name, parameter] = key.split(".");
      const symbol = lab.recordOf(name)?.parameters.find((each) => each.name === parameter)?.symbol ?? parameter;
      return GREEK[symbol] ?? symbol.replace(/\\mathrm\{(.*)\}/, "$1").replace(/\\/g, "");
    },
    baseline: () => lab.recordOf(state.get("base")) ?? swish,
    /** Takes a typed formula's record into the plot; null takes it out. */
    setTyped(record) {
      typed = record;
      shownAnew();
    },
    /** The curves of a panel, for reading. */
    curves: (panel) => drawn.curvesOf(panel),
    placeHeads,
  };

  greet($("hello"));
  const beta = betaControl($("beta"), state);
  const picker = activationPicker($("picker"), lab);
  const drawn = curves($("plot"), lab);
  const values = reading($("frame"), drawn.plot, lab);
  const below = cards($("cards"), CARDS, lab);
  gestures($("frame"), () => drawn.plot.node._fullLayout?.xaxis, () => state.get("x"), zoom);

  /** The titles and readings over the panels, where the panels are. */
  function placeHeads(places) {
    const heads = $("heads");
    heads.innerHTML = places
      .map(([panel, top]) => `<div class="explore-head" style="top:${top}px"><h3>${escape(PANEL[panel].title(lab))}</h3><div class="lab-note lab-reading" data-reading="${panel}"></div></div>`)
      .join("");
    values.update();
  }

  function shownAnew() {
    picker.paint();
    options();
    drawn.rebuild();
    below.update("shown");
  }

  /** Parameters have moved: their curves and no others, at most once a frame. */
  let moved = new Set();
  let resting = 0;
  function move(names) {
    if (!moved.size) requestAnimationFrame(moveNow);
    names.forEach((name) => moved.add(name));
    clearTimeout(resting);
    resting = setTimeout(rested, 200);
  }
  function moveNow() {
    const names = moved;
    moved = new Set();
    if (!drawn.plot.figure) return;
    drawn.move(names);
    values.update();
    below.update(names.size === 1 && names.has("swish") ? "beta" : "shown");
  }
  function rested() {
    drawn.refit();
    values.place();
  }

  state.subscribe((changed) => {
    if (["act", "show", "theta", "base", "x", "trail"].some((name) => changed.has(name))) {
      if (changed.has("x") || changed.has("trail")) drawn.forget();
      return shownAnew();
    }
    const names = new Set();
    if (changed.has("beta")) names.add("swish");
    if (changed.has("par")) {
      lab.chosen().forEach((record) => record.parameters.length && record !== swish && names.add(record.name));
      picker.showParameters();
    }
    if (names.size) move(names);
    if (changed.has("scale")) below.update("shown");
  });

  /** Shows another stretch of x, within what may be shown. */
  function zoom([low, high]) {
    const width = Math.min(2 * FARTHEST, Math.max(1e-5, high - low));
    const start = Math.max(-FARTHEST, Math.min(FARTHEST - width, low));
    if (!Number.isFinite(start)) return;
    // As many digits as the eye can tell apart, so that links stay short.
    const digits = Math.ceil(-Math.log10(width)) + 4;
    const round = (value) => Number(value.toFixed(Math.max(0, Math.min(12, digits))));
    state.set({ x: [round(start), round(start + width)] });
  }

  for (const button of element.querySelectorAll("[data-panel]")) {
    button.addEventListener("click", () => {
      const panels = state.get("show");
      const wanted = panels.includes(button.dataset.panel) ? panels.filter((each) => each !== button.dataset.panel) : [...panels, button.dataset.panel];
      if (wanted.length) state.set({ show: PANELS.filter((each) => wanted.includes(each)) });
    });
  }
  $("trail").addEventListener("click", () => state.set({ trail: state.get("trail") === "on" ? "off" : "on" }));
  for (const name of ["theta", "base"]) $(name).addEventListener("change", ({ target }) => state.set({ [name]: target.value }));

  /** What the controls of the panels offer and show. */
  function options() {
    for (const button of element.querySelectorAll("[data-panel]")) {
      button.setAttribute("aria-pressed", String(state.get("show").includes(button.dataset.panel)));
    }
    $("trail").setAttribute("aria-pressed", String(state.get("trail") === "on"));
    const option = (value, label) => `<option value="${escape(value)}">${escape(label)}</option>`;
    const keys = lab.chosen().flatMap((record) => record.parameters.map((each) => `${lab.keyOf(record)}.${each.name}`));
    if (!keys.includes(state.get("theta"))) keys.push(state.get("theta"));
    const labelled = (key) => `${lab.recordOf(key.split(".")[0])?.label ?? "?"} · ${lab.symbolOf(key)}`;
    fill($("theta"), keys.map((key) => option(key, labelled(key))).join(""), state.get("theta"));
    fill($("base"), activations.map(({ name, label }) => option(name, label)).join(""), state.get("base"));
    $("theta").closest("label").hidden = !state.get("show").includes("dtheta");
    $("base").closest("label").hidden = !state.get("show").includes("diff");
    const [low, high] = state.get("x");
    for (const [name, value] of [["low", low], ["high", high]]) {
      if (document.activeElement !== $(name)) $(name).value = short(value, 7);
    }
    $("reset").disabled = low === -6 && high === 6;
  }
  const fill = (select, html, value) => {
    if (select.dataset.html !== html) select.innerHTML = select.dataset.html = html;
    select.value = value;
  };

  for (const [index, name] of [[0, "low"], [1, "high"]]) {
    $(name).addEventListener("change", ({ target }) => {
      const next = [...state.get("x")];
      next[index] = number(-FARTHEST, FARTHEST)(target.value) ?? NaN;
      const good = next[1] - next[0] >= 1e-6;
      target.setAttribute("aria-invalid", String(!good));
      $("range-error").textContent = good ? "" : t("explore.error_range");
      if (good) state.set({ x: next });
    });
  }
  $("reset").addEventListener("click", () => state.set({ x: PROPERTIES.x.fallback }));

  for (const button of element.querySelectorAll("[data-save]")) {
    button.addEventListener("click", () => save(button.dataset.save));
  }
  async function save(kind) {
    if (kind === "png" || kind === "svg") return pictureOf(drawn.plot, kind, "swish-lab", colour("@panel"));
    const named = state.get("show").flatMap((panel) =>
      drawn.curvesOf(panel).map(({ activation, of }) => {
        const given = Object.entries(lab.values(activation)).map(([key, value]) => `${key}=${value}`).join("; ");
        return { name: `${PANEL[panel].title(lab)} ${activation.name}${given ? ` (${given})` : ""}`, of };
      }),
    );
    const table = toTable(named, state.get("x"));
    if (kind === "csv") return download("swish-lab.csv", "text/csv", toCsv(table));
    return download("swish-lab.json", "application/json", JSON.stringify({ link: location.href, ...table }, (_, value) => (typeof value === "number" && !Number.isFinite(value) ? null : value), 1));
  }

  onTheme(() => {
    values.update();
    below.update("shown");
  });
  shownAnew();
  formulaField($("own"), lab);
  stillOf($("still"), drawn.plot.figure);
  drawn.plot.drawn.then(() => {
    $("still").remove();
    drawn.plot.node.on("plotly_relayout", (change) => {
      const ends = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
      if (ends.every(Number.isFinite)) zoom(ends);
      else if (change["xaxis.autorange"] || change["xaxis.range"]) state.set({ x: PROPERTIES.x.fallback });
    });
    drawn.plot.node.on("plotly_afterplot", values.place);
    values.place();
  });
  new ResizeObserver(() => requestAnimationFrame(() => $("frame").clientWidth && drawn.rebuild())).observe($("frame"));
}

/** The card of formulas: a gr.Markdown, for Gradio sets LaTeX; asked anew when the choice changes. */
function formulaCard(host, lab) {
  let there = false;
  whenThere("lab-formula").then((markdown) => {
    host.append(markdown);
    markdown.formulas = () => formulas(lab.chosen());
    there = true;
    lab.trigger("input");
  });
  return { update: (what) => there && what === "shown" && lab.trigger("input") };
}

/** Markdown with the LaTeX of what is shown. */
function formulas(chosen) {
  return chosen
    .map((each) => {
      const link = each.source?.match(/https?:\/\/\S+/)?.[0];
      const head = link ? `**${each.label}** · [${each.year}](${link})` : `**${t("explore.typed")}**`;
      return `${head}\n\n$$f(x) = ${each.latex}$$\n\n$$f'(x) = ${each.latexDerivative}$$`;
    })
    .join("\n\n");
}

const tip = (key) => `title="${escape(t(key))}"`;

function skeleton() {
  const h = (key) => escape(t(`explore.${key}`));
  const names = { f: "f", df: "f′", d2f: "f″", dtheta: "∂f/∂θ", diff: "f − g" };
  return `<div class="lab"><p class="lab-note explore-hello" data-part="hello" hidden>${h("first_line")}
    <span>① ${h("try_drag")}</span> <a href="#" data-open="train">② ${h("try_train")}</a> <a href="#" data-open="claims">③ ${h("try_claims")}</a>
    <button class="lab-btn" data-dismiss aria-label="${h("dismiss")}" ${tip("explore.dismiss")}>×</button></p>
  <div class="lab-grid">
    <div class="lab-col">
      <section class="lab-card lab-first" data-part="beta" aria-label="β"></section>
      <section class="lab-card explore-picker" data-part="picker"></section>
      <section class="lab-card explore-own" data-part="own"></section>
      <section class="lab-card">
        <h3>${h("panels")}</h3>
        <div class="lab-row explore-panels" role="group" aria-label="${h("panels")}">
          ${PANELS.map((name) => `<button class="lab-chip" data-panel="${name}" ${tip(`explore.tip_${name}`)}>${names[name]}</button>`).join("")}
          <button class="lab-chip" data-part="trail" ${tip("explore.tip_trail")}>${h("trail")}</button>
        </div>
        <label class="lab-label" hidden>${h("theta")}<select class="lab-field" data-part="theta" ${tip("explore.tip_dtheta")}></select></label>
        <label class="lab-label" hidden>${h("base")}<select class="lab-field" data-part="base" ${tip("explore.tip_diff")}></select></label>
        <label class="lab-label" for="lab-low">${h("range")}</label>
        <div class="lab-row" style="flex-wrap:nowrap">
          <input class="lab-field" id="lab-low" data-part="low" inputmode="decimal" aria-label="${h("from")}" ${tip("explore.tip_range")}>
          <input class="lab-field" data-part="high" inputmode="decimal" aria-label="${h("to")}" ${tip("explore.tip_range")}>
          <button class="lab-btn" data-part="reset" ${tip("explore.tip_reset")}>${h("reset")}</button>
        </div>
        <p class="lab-error" data-part="range-error" role="alert"></p>
        <div class="lab-row" style="margin-top:12px">
          ${["png", "svg", "csv", "json"].map((kind) => `<button class="lab-btn" data-save="${kind}" ${tip(`explore.tip_${kind}`)}>${kind.toUpperCase()}</button>`).join("")}
        </div>
      </section>
    </div>
    <div class="lab-col">
      <section class="lab-card explore-main">
        <div data-part="frame" class="explore-frame" tabindex="0" role="group" aria-label="${h("plot_label")}">
          <div data-part="plot" class="explore-plot"></div>
          <div data-part="still" class="explore-still"></div>
          <div data-part="heads"></div>
          <div class="explore-crosshair" data-part="crosshair" hidden></div>
          <span class="explore-label" data-part="label-dip" hidden></span><span class="explore-label" data-part="label-steep" hidden></span>
          <div class="explore-box" data-part="box" hidden></div>
          <p class="lab-unseen" data-part="spoken" aria-live="polite"></p>
        </div>
      </section>
      <div class="lab-pair" data-part="cards"></div>
    </div>
  </div></div>`;
}

/** One line for a first visitor, until it is closed. */
function greet(line) {
  const key = "swish-lab-greeted";
  line.hidden = localStorage.getItem(key) !== null;
  line.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-open]")?.dataset.open;
    if (tab) {
      event.preventDefault();
      openTab(tab);
    }
    if (!event.target.closest("[data-dismiss]")) return;
    localStorage.setItem(key, "yes");
    line.hidden = true;
  });
}
