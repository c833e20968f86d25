/** In low precision: the error of a formula as written and of the stable form, computed in a type. */

import * as server from "../core/server.js";
import { escaped, powers, raised, short, t } from "../core/text.js";
import { activationColour, onTheme } from "../core/theme.js";
import { LivePlot } from "../plot/live_plot.js";

const TYPES = ["fp32", "bf16", "fp16"];
/** Beyond this e^x has left the type on both sides. */
const REACH = { fp32: 115, bf16: 115, fp16: 24 };
/** The smallest number above 0. */
const SMALLEST = { fp32: 2 ** -149, bf16: 2 ** -133, fp16: 2 ** -24 };
const FARTHEST = 10_000;
/** Bits of a significand, the leading 1 counted: a result that has become 0 is off by 2^bits ulp. */
const BITS = { fp32: 24, bf16: 8, fp16: 11 };
/** The lower end of the plot: a smaller error is drawn there. */
const FLOOR = 0.1;
/** An error of correct rounding is no larger. */
const HALF = 0.5;
const REST = 150;

/** @param {HTMLElement} host @param {any} lab */
export function card(host, lab) {
  host.innerHTML = skeleton();
  const $ = (name) => host.querySelector(`[data-part="${name}"]`);
  const { state } = lab;
  const plot = new LivePlot($("plot"));
  let timer = 0;
  let asked = "";
  /** The last answer and its question. */
  let shown = null;

  const record = () => lab.recordOf(state.get("lossy")) ?? lab.swish;

  /** The range of x: wide enough for all to go wrong, or the plot's. */
  function range(type) {
    if (state.get("reach") === "plot") return state.get("x");
    const p = lab.values(record());
    const ends = [-1, 1]
      .map((side) => endOf((x) => record().f(side * x, p), SMALLEST[type]))
      .filter((end) => end > 0);
    const end = Number(
      (ends.length ? Math.min(FARTHEST, 1.12 * Math.max(...ends)) : REACH[type]).toPrecision(2),
    );
    return [-end, end];
  }

  function question() {
    const type = state.get("dtype");
    const [low, high] = range(type);
    return { activation: record().name, parameters: lab.values(record()), low, high, type };
  }

  /** Asks the server, unless it was asked just that; an answer that is no longer wanted is dropped. */
  async function ask() {
    const given = question();
    const key = JSON.stringify(given);
    if (key === asked) return;
    asked = key;
    host.classList.add("lab-waiting");
    let answer;
    try {
      answer = await server.ask("precision", { given });
    } catch {
      answer = { error: t("precision.error_server") };
    }
    if (key !== asked) return;
    host.classList.remove("lab-waiting");
    $("error").textContent = answer.error ?? "";
    if (answer.error) {
      asked = ""; // so that it may be asked again
      return;
    }
    shown = { given, answer, record: record() };
    draw();
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(ask, REST);
  }

  function draw() {
    const { given, answer, record: of } = shown;
    const { type, low, high } = given;
    const top = Math.log10(2 ** BITS[type]) + 0.5;
    const line = (way, name, style) => ({
      type: "scatter",
      mode: "lines",
      name,
      x: answer.x,
      y: way.ulp.map((value) => (value === null ? null : Math.max(FLOOR, value))),
      hovertemplate: `x ≈ %{x:.4g}: %{y:.3g} ulp<extra>${escaped(name)}</extra>`,
      line: { shape: "hvh", simplify: false, ...style },
    });
    const lost = answer.written.lost.filter(({ kind }) => kind !== "zero");
    plot.update({
      data: [
        line(answer.written, t("precision.written"), { color: "@muted", width: 1.6, dash: "dot" }),
        line(answer.stable, t("precision.stable"), { color: `@act-${of.name}`, width: 2.4 }),
      ],
      layout: {
        margin: { l: 54, r: 14, t: 10, b: 40 },
        hovermode: "closest",
        uirevision: `${type} ${low} ${high} ${of.name}`,
        xaxis: { range: [low, high], title: "x" },
        yaxis: {
          type: "log",
          range: [Math.log10(FLOOR) - 0.08, top],
          title: t("precision.axis_ulp"),
        },
        shapes: [
          {
            type: "line",
            xref: "paper",
            x0: 0,
            x1: 1,
            y0: HALF,
            y1: HALF,
            line: { color: "@zero", width: 1, dash: "dash" },
          },
          ...lost.map(({ near, far }) => ({
            type: "rect",
            yref: "paper",
            y0: 0,
            y1: 1,
            x0: near,
            x1: far,
            fillcolor: "@bad/0.12",
            line: { width: 0 },
            layer: "below",
          })),
        ],
        annotations: lost.map(({ kind, near, far }) => ({
          x: (near + far) / 2,
          yref: "paper",
          y: 0.96,
          text: kind === "nan" ? "NaN" : "∞",
          showarrow: false,
          font: { color: "@bad", size: 13 },
        })),
      },
    });
    $("legend").style.setProperty("--precision-line", activationColour(of.name));
    const words = { type, name: nameOf(of, answer.parameters) };
    const sentences = answer.same
      ? [t("precision.says_same", { ...words, same: phrase(answer.stable) })]
      : [
          t("precision.says", { ...words, written: phrase(answer.written) }),
          t("precision.says_stable", { stable: phrase(answer.stable) }),
        ];
    $("says").innerHTML = sentences
      .map((sentence) => `<span>${escaped(sentence)}</span>`)
      .join(" ");
    $("tried").textContent = t(answer.every ? "precision.tried_all" : "precision.tried_some", {
      count: answer.tried.toLocaleString("en").replace(/,/g, " "),
      type,
      low: short(low, 4),
      high: short(high, 4),
      unit: `2${raised(1 - BITS[type])}`,
    });
    $("plot").setAttribute("aria-label", $("says").textContent);
  }

  /** What a way to compute does, in words. */
  function phrase({ lost, worst, at }) {
    const parts = lost.map(({ kind, near, far, exact }) =>
      t(near === far ? `precision.lost_${kind}_at` : `precision.lost_${kind}`, {
        near: powers(near, 4),
        far: powers(far, 4),
        exact: powers(exact ?? NaN, 3),
      }),
    );
    if (worst === null) return parts.join(t("precision.and")) || t("precision.undefined");
    const else_ =
      worst === 0
        ? t("precision.exact")
        : t(lost.length ? "precision.worst_else" : "precision.worst", {
            ulp: powers(worst, 3),
            x: powers(at, 4),
          });
    return [...parts, else_].join(t("precision.and"));
  }

  /** Swish (β = 1.3), its parameters as the type has rounded them. */
  function nameOf(of, parameters) {
    const given = Object.entries(parameters).map(
      ([name, value]) => `${lab.symbolOf(`${lab.keyOf(of)}.${name}`)} = ${short(value, 6)}`,
    );
    return given.length ? `${of.label} (${given.join(", ")})` : of.label;
  }

  function controls() {
    for (const button of host.querySelectorAll("[data-dtype]"))
      button.setAttribute("aria-pressed", String(button.dataset.dtype === state.get("dtype")));
    for (const button of host.querySelectorAll("[data-reach]"))
      button.setAttribute("aria-pressed", String(button.dataset.reach === state.get("reach")));
    const records = lab.chosen();
    if (!records.includes(record())) records.push(record());
    const html = records
      .map((each) => `<option value="${escaped(lab.keyOf(each))}">${escaped(each.label)}</option>`)
      .join("");
    if ($("lossy").dataset.html !== html) $("lossy").innerHTML = $("lossy").dataset.html = html;
    $("lossy").value = lab.keyOf(record());
  }

  state.subscribe((changed) => {
    if (!["dtype", "lossy", "reach"].some((name) => changed.has(name))) return;
    controls();
    later();
  });
  for (const name of ["dtype", "reach"]) {
    for (const button of host.querySelectorAll(`[data-${name}]`))
      button.addEventListener("click", () => state.set({ [name]: button.dataset[name] }));
  }
  $("lossy").addEventListener("change", ({ target }) => state.set({ lossy: target.value }));
  window.addEventListener("swish-lab-back", later);
  onTheme(() => shown && draw());

  return {
    prompt: true,
    update(what) {
      if (what === "shown") controls();
      later();
    },
  };
}

/** Where a function that dies out on this side falls below a size; 0 where it never does or always is. */
function endOf(f, size) {
  let x = FARTHEST;
  if (!(Math.abs(f(x)) < size)) return 0;
  while (x > 1e-3 && Math.abs(f(x)) < size) x *= 0.98;
  // What dies out has grown small before; what jumps to 0 (where doubles end) has not.
  return x > 1e-3 && Math.abs(f(0.9 * x)) < Math.sqrt(size) ? x : 0;
}

const s = (key) => escaped(t(`precision.${key}`));

function skeleton() {
  return `<p class="precision-says" data-part="says" aria-live="polite">${s("waiting")}</p>
    <p class="lab-error" data-part="error" role="alert"></p>
    <div class="lab-row precision-controls">
      <span class="lab-seg" role="group" aria-label="${s("type")}">${TYPES.map((type) => `<button data-dtype="${type}" title="${escaped(t(`precision.tip_${type}`))}">${type}</button>`).join("")}</span>
      <select class="lab-field" data-part="lossy" aria-label="${s("lossy")}" title="${s("lossy")}"></select>
      <span class="lab-seg" role="group" aria-label="${s("range")}"><button data-reach="wide" title="${s("tip_wide")}">${s("wide")}</button><button data-reach="plot" title="${s("tip_plot")}">${s("plot")}</button></span>
    </div>
    <div class="lab-row precision-legend lab-note" data-part="legend"><span class="precision-written">${s("written")}</span><span class="precision-stable">${s("stable")}</span><span class="precision-half">${s("half")}</span></div>
    <div class="precision-plot" data-part="plot" role="img" aria-label="${escaped(t("precision.card"))}"></div>
    <p class="lab-note" data-part="tried"></p>`;
}
