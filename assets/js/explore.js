/** Explore: curves of Swish_β and its rivals, computed and drawn here while β is dragged. */

import { activations, swishLandmarks } from "./activations.js";
import { betaControl } from "./beta.js";
import { activationPicker } from "./picker.js";
import { openTab } from "./header.js";
import { LivePlot } from "./plot.js";
import { sample, toCsv } from "./sampling.js";
import { choice, number, read, refuse, write } from "./state.js";
import { surface } from "./surface.js";
import { escape, fixed, short, t } from "./text.js";
import { activationColour, colour, onTheme } from "./theme.js";
import { download, pictureOf } from "./export.js";

const VIEWS = { df: "f′(x)", d2f: "f″(x)", dbeta: "∂f/∂β" };
const swish = activations.find((activation) => activation.name === "swish");
/** Shares of the plot's height: f above, the second panel below, room for ticks and a title between. */
const UPPER = [0.47, 1];
const LOWER = [0, 0.35];

export function mount({ element, trigger }) {
  element.innerHTML = skeleton();
  const $ = (name) => element.querySelector(`[data-part="${name}"]`);
  const state = {
    beta: 1,
    view: read("view", choice(Object.keys(VIEWS)), "df"),
    low: read("from", number(-1000, 999), -6),
    high: read("to", number(-999, 1000), 6),
    cursor: 0.5,
  };
  if (state.low >= state.high) {
    [state.low, state.high] = [-6, 6];
    refuse("from");
  }

  greet($("hello"));
  const plot = new LivePlot($("plot"));
  const picker = activationPicker($("picker"), () => rebuild());
  const beta = betaControl($("beta"), (value) => {
    const flipped = value < 0 !== state.beta < 0;
    state.beta = value;
    if (flipped) rebuild();
    else requestMove();
  }, () => map?.draw(state, beta.scale));
  state.beta = beta.value;
  const map = surface($("surface"), (value) => beta.set(value));

  /** Parameter values of an activation: Swish's β from its own control. */
  const parametersOf = (activation) =>
    activation.name === "swish" ? { beta: state.beta } : picker.parameters(activation.name);
  const lower = (activation) =>
    state.view === "dbeta" ? activation.dparameters.beta : activation[state.view];

  /** All traces anew: what is shown has changed. */
  function rebuild() {
    const shown = picker.chosen();
    const data = [];
    // Swish comes last, so that it lies on top; its four traces have fixed places from the end.
    for (const activation of shown.filter((each) => each !== swish).concat(swish)) {
      const p = parametersOf(activation);
      const line = { color: `@act-${activation.name}`, width: activation === swish ? 3.2 : 1.9, dash: activation.dash, simplify: false };
      const common = { mode: "lines", line, name: activation.label, type: "scatter", hoverinfo: "skip" };
      data.push({ ...common, ...sample(activation, (x) => activation.f(x, p), p, state), xaxis: "x", yaxis: "y" });
      const second = state.view === "dbeta" && activation !== swish ? null : lower(activation);
      const curve = second ? sample(activation, (x) => second(x, p), p, state) : { x: [null], y: [null] };
      data.push({ ...common, ...curve, xaxis: "x2", yaxis: "y2" });
    }
    data.push(...landmarkTraces());
    const mirrored = state.beta < 0;
    plot.update({
      data,
      layout: {
        margin: { l: 44, r: 14, t: 6, b: 26 },
        hovermode: false,
        xaxis: { range: [state.low, state.high], anchor: "y", domain: [0, 1] },
        xaxis2: { range: [state.low, state.high], anchor: "y2", matches: "x" },
        yaxis: { range: mirrored ? [-5, 2] : [-1.35, 5], domain: UPPER },
        yaxis2: { range: lowerRange(), domain: LOWER },
        uirevision: `${state.low} ${state.high} ${state.view} ${mirrored}`,
      },
    });
    $("lower-title").textContent = VIEWS[state.view];
    map.draw(state, beta.scale);
    readings();
    if (document.getElementById("lab-formula")?.formulas) trigger("input");
    write({ from: state.low === -6 ? null : state.low, to: state.high === 6 ? null : state.high, view: state.view === "df" ? null : state.view });
  }

  const lowerRange = () =>
    state.view === "df" ? [-0.3, 1.3] : state.view === "d2f" ? [-0.6, Math.max(1.1, 0.55 * Math.abs(state.beta))] : [-0.4, 2];

  /** Minimum and steepest points, as traces: markers that move with β. */
  function landmarkTraces() {
    const points = Number.isFinite(state.beta) ? swishLandmarks(state.beta) : [];
    const inside = points.filter((point) => point.x >= state.low && point.x <= state.high);
    const common = {
      mode: "markers",
      type: "scatter",
      hoverinfo: "skip",
      marker: { size: 9, color: "@panel", line: { color: "@act-swish", width: 2.4 } },
      cliponaxis: true,
    };
    const orNull = (list) => (list.length ? list : [null]);
    const on = (list, key) => ({ x: orNull(list.map((p) => p.x)), y: orNull(list.map((p) => p[key])) });
    const steep = state.view === "df" ? inside.filter((point) => point.kind !== "minimum" && point.kind !== "maximum") : [];
    return [
      { ...common, ...on(inside, "value"), xaxis: "x", yaxis: "y" },
      { ...common, ...on(steep, "slope"), xaxis: "x2", yaxis: "y2" },
    ];
  }

  /** β has moved: Swish's own four traces and no others, at most once a frame. */
  let asked = false;
  function requestMove() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      if (!plot.figure) return;
      const p = { beta: state.beta };
      const second = lower(swish);
      const moved = [
        sample(swish, (x) => swish.f(x, p), p, state),
        sample(swish, (x) => second(x, p), p, state),
        ...landmarkTraces().map(({ x, y }) => ({ x, y })),
      ];
      const last = plot.figure.data.length;
      plot.move(moved, [last - 4, last - 3, last - 2, last - 1]);
      readings();
    });
  }

  /** What the cursor and the landmarks read, in figures. */
  function readings() {
    const shown = picker.chosen();
    const x = state.cursor;
    const row = (of) =>
      shown
        .map((activation) => {
          const value = of(activation);
          return value === undefined
            ? ""
            : `<b style="color:${activationColour(activation.name)}">${escape(activation.label)}</b> ${fixed(value, 3)}`;
        })
        .filter(Boolean)
        .join(" · ");
    $("reading").innerHTML = `x = ${fixed(x, 2)} · ${row((a) => a.f(x, parametersOf(a)))}`;
    $("lower-reading").innerHTML = row((a) =>
      state.view === "dbeta" && a !== swish ? undefined : lower(a)(x, parametersOf(a)),
    );
    landmarkTable();
    map.mark(beta.scale, state.beta);
    place();
  }

  function landmarkTable() {
    const rows = swishLandmarks(state.beta).map((point) => [
      t(`explore.landmark_${point.kind}`),
      short(point.x, 7),
      short(point.value, 7),
      short(point.slope, 7),
    ]);
    rows.push([t("explore.landmark_origin"), "0", "0", "0.5"]);
    $("landmark-title").textContent = t("explore.landmarks", { beta: short(state.beta, 6) });
    $("landmarks").innerHTML = rows
      .map((row) => `<tr>${row.map((cell) => `<td>${escape(cell)}</td>`).join("")}</tr>`)
      .join("");
    $("beta-note").textContent = note(state.beta);
  }

  /** Everything that stands over the plot. */
  function place() {
    placeCursor();
    placeLabels();
  }

  /** The crosshair, through both panels, where the cursor is. */
  function placeCursor() {
    const layout = plot.node._fullLayout;
    const line = $("crosshair");
    if (!layout?.xaxis?._length) return;
    const at = layout.xaxis.d2p(state.cursor);
    line.hidden = !(at >= 0 && at <= layout.xaxis._length);
    line.style.transform = `translateX(${layout.xaxis._offset + at}px)`;
  }

  /** The dip's and the steepest slope's figures, beside their markers. */
  function placeLabels() {
    const points = swishLandmarks(state.beta);
    const dip = points.find((point) => point.kind === "minimum" || point.kind === "maximum");
    const steep = state.view === "df" ? points.find((point) => point.kind === "steepest") : undefined;
    placeLabel($("label-dip"), dip, dip?.value, "yaxis", dip && dip.kind === "minimum" ? 10 : -26);
    placeLabel($("label-steep"), steep, steep?.slope, "yaxis2", -26);
  }

  function placeLabel(label, point, height, name, off) {
    const { xaxis, [name]: yaxis } = plot.node._fullLayout ?? {};
    const x = point ? xaxis?.d2p(point.x) : NaN;
    const y = point ? yaxis?.d2p(height) : NaN;
    label.hidden = !(x >= 0 && x <= xaxis?._length && y >= 0 && y <= yaxis?._length);
    if (label.hidden) return;
    label.textContent = fixed(height, 4);
    const left = Math.min(Math.max(xaxis._offset + x, 30), xaxis._offset + xaxis._length - 24);
    label.style.transform = `translate(${left}px, ${yaxis._offset + y + off}px) translateX(-50%)`;
  }

  const frame = $("frame");
  frame.addEventListener("pointermove", (event) => {
    const axis = plot.node._fullLayout?.xaxis;
    if (!axis) return;
    const at = event.clientX - plot.node.getBoundingClientRect().left - axis._offset;
    if (at < 0 || at > axis._length) return;
    state.cursor = axis.p2d(at);
    readings();
  });
  frame.addEventListener("keydown", (event) => {
    const step = ((state.high - state.low) / 120) * (event.shiftKey ? 5 : 1);
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    const moved = state.cursor + (event.key === "ArrowLeft" ? -step : step);
    state.cursor = Math.min(state.high, Math.max(state.low, moved));
    readings();
  });

  for (const button of element.querySelectorAll("[data-view]")) {
    const press = () => button.setAttribute("aria-pressed", String(button.dataset.view === state.view));
    press();
    button.addEventListener("click", () => {
      state.view = button.dataset.view;
      element.querySelectorAll("[data-view]").forEach((each) =>
        each.setAttribute("aria-pressed", String(each.dataset.view === state.view)),
      );
      rebuild();
    });
  }

  for (const name of ["low", "high"]) {
    const field = $(name);
    field.value = String(state[name]);
    field.addEventListener("change", () => {
      const value = number(-1000, 1000)(field.value.replace("−", "-"));
      const next = { ...state, [name]: value };
      const good = value !== undefined && next.low < next.high;
      field.setAttribute("aria-invalid", String(!good));
      $("range-error").textContent = good ? "" : t("explore.error_range");
      if (!good) return;
      state[name] = value;
      rebuild();
    });
  }

  for (const button of element.querySelectorAll("[data-save]")) {
    button.addEventListener("click", async () => {
      const kind = button.dataset.save;
      if (kind === "csv") {
        const shown = picker.chosen().map((activation) => ({ activation, parameters: parametersOf(activation) }));
        download(`swish-lab.csv`, "text/csv", toCsv(shown, state));
      } else {
        await pictureOf(plot, kind, "swish-lab", colour("@panel"));
      }
    });
  }

  onTheme(() => {
    readings();
    map.draw(state, beta.scale);
  });
  rebuild();
  plot.drawn.then(() => {
    $("still").remove();
    plot.node.on("plotly_relayout", place);
    place();
  });
  new ResizeObserver(() => requestAnimationFrame(place)).observe(plot.node);

  // The formula card is a gr.Markdown, for Gradio sets LaTeX; it is asked anew when the choice changes.
  whenThere("lab-formula").then((markdown) => {
    $("formula").append(markdown);
    markdown.formulas = () => formulas(picker.chosen());
    trigger("input");
  });
}

/** The element of an id, as soon as Gradio has made it: its components come in no sure order. */
function whenThere(id) {
  return new Promise((done) => {
    const look = () => {
      const node = document.getElementById(id);
      if (node) done(node);
      else requestAnimationFrame(look);
    };
    look();
  });
}

/** A line on what this β makes of Swish. @param {number} beta */
function note(beta) {
  if (beta === 0) return t("explore.note_zero");
  if (beta < 0) return t("explore.note_negative");
  if (beta === 1) return t("explore.note_one");
  if (Math.abs(beta - 1.702) < 1e-9) return t("explore.note_gelu");
  if (beta >= 50) return t("explore.note_large");
  return t("explore.note_any");
}

/** Markdown with the LaTeX of what is shown. */
function formulas(chosen) {
  return chosen
    .map((each) => `**${each.label}** · [${each.year}](${each.source.match(/https?:\/\/\S+/)?.[0] ?? ""})\n\n$$f(x) = ${each.latex}$$\n\n$$f'(x) = ${each.latexDerivative}$$`)
    .join("\n\n");
}

const tip = (key) => `title="${escape(t(key))}"`;

function skeleton() {
  return `<div class="lab"><p class="lab-note explore-hello" data-part="hello" hidden>${escape(t("explore.first_line"))}
    <span>① ${escape(t("explore.try_drag"))}</span> <a href="#" data-open="train">② ${escape(t("explore.try_train"))}</a> <a href="#" data-open="claims">③ ${escape(t("explore.try_claims"))}</a>
    <button class="lab-btn" data-dismiss aria-label="${escape(t("explore.dismiss"))}" title="${escape(t("explore.dismiss"))}">×</button></p>
  <div class="lab-grid">
    <div class="lab-col">
      <section class="lab-card lab-first" data-part="beta" aria-label="β"></section>
      <section class="lab-card" data-part="picker"></section>
      <section class="lab-card">
        <h3>${escape(t("explore.second"))}</h3>
        <span class="lab-seg" role="group" aria-label="${escape(t("explore.second"))}">
          ${Object.entries(VIEWS).map(([name, label]) => `<button data-view="${name}" ${tip(`explore.tip_${name}`)}>${label}</button>`).join("")}
        </span>
        <label class="lab-label" for="lab-low">${escape(t("explore.range"))}</label>
        <div class="lab-row" style="flex-wrap:nowrap">
          <input class="lab-field" id="lab-low" data-part="low" inputmode="decimal" aria-label="${escape(t("explore.from"))}" ${tip("explore.tip_range")}>
          <input class="lab-field" data-part="high" inputmode="decimal" aria-label="${escape(t("explore.to"))}" ${tip("explore.tip_range")}>
        </div>
        <p class="lab-error" data-part="range-error" role="alert"></p>
        <div class="lab-row" style="margin-top:12px">
          ${["png", "svg", "csv"].map((kind) => `<button class="lab-btn" data-save="${kind}" ${tip(`explore.tip_${kind}`)}>${kind.toUpperCase()}</button>`).join("")}
        </div>
      </section>
    </div>
    <div class="lab-col">
      <section class="lab-card">
        <div class="lab-row lab-between" style="align-items:baseline;flex-wrap:nowrap;gap:16px"><h3>f(x)</h3><div class="lab-note lab-reading" data-part="reading"></div></div>
        <div data-part="frame" tabindex="0" role="img" aria-label="${escape(t("explore.plot_label"))}" style="position:relative">
          <div data-part="plot" class="explore-plot"></div>
          <div data-part="still" class="explore-still lab-empty">${escape(t("explore.loading"))}</div>
          <div class="explore-lower"><h3 data-part="lower-title"></h3><div class="lab-note lab-reading" data-part="lower-reading"></div></div>
          <div class="explore-crosshair" data-part="crosshair" hidden></div>
          <span class="explore-label" data-part="label-dip" hidden></span><span class="explore-label" data-part="label-steep" hidden></span>
        </div>
      </section>
      <div class="lab-pair">
        <section class="lab-card"><h3 data-part="landmark-title"></h3>
          <div class="lab-scroll"><table><thead><tr><th>${escape(t("explore.col_what"))}</th><th>x</th><th>f(x)</th><th>f′(x)</th></tr></thead><tbody data-part="landmarks"></tbody></table></div>
          <p class="lab-note" style="margin-top:8px">${escape(t("explore.landmark_note"))}</p>
          <h3 style="margin-top:16px">${escape(t("explore.surface"))}</h3><div data-part="surface"></div>
          <p class="lab-note" style="margin-top:6px">${escape(t("explore.surface_note"))}</p></section>
        <section class="lab-card" data-part="formula"><h3>${escape(t("explore.formulas"))}</h3></section>
      </div>
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
