/**
 * Shows, in low precision, the error of a formula as written and of the stable form, computed in a
 * type.
 */

import { choices } from "../core/controls.js";
import { fill, grouped, html, partsOf, powers, raised, short, t } from "../core/html.js";
import * as server from "../core/server.js";
import { activationColour, onTheme } from "../core/theme.js";
import { LivePlot, plain } from "../plot/live_plot.js";
import { pictureMenu } from "../plot/picture_menu.js";

const TYPES = ["fp32", "bf16", "fp16"];
/** @type {Record<string, number>} Beyond this e^x has left the type on both sides. */
const REACH = { fp32: 115, bf16: 115, fp16: 24 };
/** @type {Record<string, number>} The smallest number above 0. */
const SMALLEST = { fp32: 2 ** -149, bf16: 2 ** -133, fp16: 2 ** -24 };
const FARTHEST = 10_000;
/**
 * @type {Record<string, number>} Bits of a significand, the leading 1 counted: a result that has
 *   become 0 is off by 2^bits ulp.
 */
const BITS = { fp32: 24, bf16: 8, fp16: 11 };
/** The lower end of the plot: a smaller error is drawn there. */
const FLOOR = 0.1;
/** An error of correct rounding is no larger. */
const HALF = 0.5;
const REST = 150;

/**
 * @typedef {object} Way What a way to compute does.
 * @property {(number | null)[]} ulp
 * @property {{kind: string, near: number, far: number, exact: number | null}[]} lost
 * @property {number | null} worst
 * @property {number} at Where it is worst.
 */

/** @typedef {import("./lab.js").Activation} Activation */
/** @typedef {import("./lab.js").Values} Values */

/** @type {import("./lazy_cards.js").MakeCard} */
export function card(host, lab) {
  fill(host, skeleton());
  const $ = partsOf(host);
  const { state } = lab;
  const pressed = ["dtype", "reach"].map((name) => choices(host, state, name));
  const lossy = $("lossy", HTMLSelectElement);
  const plot = new LivePlot($("plot"));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let requested = "";
  /**
   * @type {{given: ReturnType<typeof question>, answer: any, record: Activation} | null} The last.
   */
  let shown = null;

  const record = () => lab.recordOf(state.get("lossy")) ?? lab.swish;

  /** The range of x: wide enough for all to go wrong, or the plot's. @param {string} type */
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

  /**
   * Asks the server, unless it was asked just that; an answer that is no longer wanted is dropped.
   */
  async function ask() {
    const given = question();
    const key = JSON.stringify(given);
    if (key === requested) return;
    requested = key;
    host.classList.add("lab-waiting");
    let answer;
    try {
      answer = await server.ask("precision", { given });
    } catch {
      answer = { error: t("precision.error_server") };
    }
    if (key !== requested) return;
    host.classList.remove("lab-waiting");
    $("error").textContent = answer.error ?? "";
    if (answer.error) {
      requested = ""; // so that it may be asked again
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
    if (!shown) return;
    const { given, answer, record: of } = shown;
    const { type, low, high } = given;
    const top = Math.log10(2 ** BITS[type]) + 0.5;
    /** @param {Way} way @param {string} name @param {object} style */
    const line = (way, name, style) => ({
      type: "scatter",
      mode: "lines",
      name,
      x: answer.x,
      y: way.ulp.map((value) => (value === null ? null : Math.max(FLOOR, value))),
      hovertemplate: `x ≈ %{x:.4g}: %{y:.3g} ulp<extra>${plain(name)}</extra>`,
      line: { shape: "hvh", simplify: false, ...style },
    });
    /** @type {Way} */
    const written = answer.written;
    const lost = written.lost.filter(({ kind }) => kind !== "zero");
    plot.update({
      data: [
        line(written, t("precision.written"), { color: "@muted", width: 1.6, dash: "dot" }),
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
    fill($("says"), html`${sentences.map((sentence) => html`<span>${sentence}</span> `)}`);
    $("tried").textContent = t(answer.every ? "precision.tried_all" : "precision.tried_some", {
      count: grouped(answer.tried),
      type,
      low: short(low, 4),
      high: short(high, 4),
      unit: `2${raised(1 - BITS[type])}`,
    });
    $("plot").setAttribute("aria-label", $("says").textContent ?? "");
  }

  /** What a way to compute does, in words. @param {Way} way */
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

  /**
   * Swish (β = 1.3), its parameters as the type has rounded them.
   * @param {Activation} of @param {Values} parameters
   */
  function nameOf(of, parameters) {
    const given = lab.settings(of, parameters);
    return given.length ? `${of.label} (${given.join(", ")})` : of.label;
  }

  function controls() {
    for (const show of pressed) show();
    lab.offerChosen(lossy, record());
  }

  state.subscribe(["dtype", "lossy", "reach"], () => {
    controls();
    later();
  });
  lossy.addEventListener("change", () => state.set({ lossy: lossy.value }));
  window.addEventListener("swish-lab-back", later);
  onTheme(draw);

  return {
    follows: "rest",
    update(what) {
      if (what === "shown") controls();
      later();
    },
  };
}

/**
 * Where a function that dies out on this side falls below a size; 0 where it never does or always
 * is.
 * @param {(x: number) => number} f @param {number} size
 */
function endOf(f, size) {
  let x = FARTHEST;
  if (!(Math.abs(f(x)) < size)) return 0;
  while (x > 1e-3 && Math.abs(f(x)) < size) x *= 0.98;
  // What dies out has grown small before; what jumps to 0 (where doubles end) has not.
  return x > 1e-3 && Math.abs(f(0.9 * x)) < Math.sqrt(size) ? x : 0;
}

function skeleton() {
  /** @param {string} key */
  const h = (key) => t(`precision.${key}`);
  const types = TYPES.map(
    (type) => html`<button data-dtype="${type}" title="${h(`tip_${type}`)}">${type}</button>`,
  );
  const reaches = ["wide", "plot"].map(
    (name) => html`<button data-reach="${name}" title="${h(`tip_${name}`)}">${h(name)}</button>`,
  );
  const legend = ["written", "stable", "half"].map(
    (name) => html`<span class="precision-${name}">${h(name)}</span>`,
  );
  return html`<p class="precision-says" data-part="says" aria-live="polite">${h("waiting")}</p>
    <p class="lab-error" data-part="error" role="alert"></p>
    <div class="lab-row precision-controls">
      <span class="lab-seg" role="group" aria-label="${h("type")}">${types}</span>
      <select class="lab-field" data-part="lossy" aria-label="${h("lossy")}"
        title="${h("lossy")}"></select>
      <span class="lab-seg" role="group" aria-label="${h("range")}">${reaches}</span>
      ${pictureMenu()}
    </div>
    <div class="lab-row precision-legend lab-note" data-part="legend">${legend}</div>
    <div class="precision-plot" data-part="plot" role="img" aria-label="${h("card")}"></div>
    <p class="lab-note" data-part="tried"></p>`;
}
