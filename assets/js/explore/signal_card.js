/**
 * Shows what a signal sees: what an activation makes of N(0, σ²), and a deep network of many
 * layers.
 */

import { choices, offer } from "../core/controls.js";
import { fill, html, partsOf, powers, setText, short, t } from "../core/html.js";
import { number } from "../core/state.js";
import { activationColour } from "../core/theme.js";
import { flatShare, moments } from "../formulas/moments.js";
import { pictureMenu } from "../plot/picture_menu.js";
import { depthPlot } from "./depth_plot.js";

/** |f′| below this passes no gradient to speak of. */
const FLAT = 0.01;
/** A slope this near to 1 is 1: the integrals are right to 10⁻¹². */
const SAME = 1e-9;
const REST = 160;

/** A share, told apart from none at all. @param {number} value */
const shareOf = (value) => (value > 0 && value < 1e-4 ? "< 0.01 %" : `${short(100 * value, 3)} %`);

/** @typedef {import("./lab.js").Activation} Activation */
/** @typedef {import("../formulas/moments.js").Moments} Moments */

/**
 * @typedef {object} Figures Of a record at a setting.
 * @property {string} setting
 * @property {Moments} at At the deviation chosen.
 * @property {Moments} unit At σ = 1.
 * @property {number} gain
 * @property {number} flat
 */

/**
 * @typedef {[key: string, of: (figures: Figures) => number, written?: (value: number) => string]}
 *   Row
 */

/** @type {Row[]} The rows: key, the number, how it is written. The later ones hold at σ = 1. */
const ROWS = [
  ["mean", ({ at }) => at.mean],
  ["variance", ({ at }) => at.variance],
  ["second", ({ at }) => at.second],
  ["steepness", ({ at }) => at.steepness],
  ["flat", ({ flat }) => flat, shareOf],
  ["gain", ({ gain }) => gain, (value) => powers(value, 5)],
  ["slope", ({ unit }) => unit.growth],
  [
    "fixed",
    ({ unit }) => unit.growth,
    (value) => (Number.isFinite(value) ? t(`signal.${stability(value)}`) : "–"),
  ],
  ["gradient", ({ gain, unit }) => gain ** 2 * unit.steepness],
];
/** The rows from here on hold at σ = 1. */
const FIRST_UNIT_ROW = "gain";

/** @param {number} slope Of q ↦ g²·E[f(√q·t)²] at its fixed point 1. */
const stability = (slope) =>
  Math.abs(slope - 1) < SAME ? "marginal" : slope > 1 ? "unstable" : "stable";

/** @type {import("./lazy_cards.js").MakeCard} */
export function card(host, lab) {
  fill(host, skeleton());
  const $ = partsOf(host);
  const { state } = lab;
  const plot = depthPlot($("plot"), lab);
  const slider = $("sigma", HTMLInputElement);
  const against = $("against", HTMLSelectElement);
  const pressed = ["gain", "depth"].map((name) => choices(host, state, name));
  /** @type {Map<Activation, Figures>} */
  const known = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting;

  /**
   * All figures of a record, computed once for each setting.
   * @param {Activation} record @returns {Figures}
   */
  function figures(record) {
    const p = lab.values(record);
    const sigma = state.get("sigma");
    const setting = `${sigma} ${JSON.stringify(p)}`;
    const before = known.get(record);
    if (before?.setting === setting) return before;
    const unit = moments(record, p, 1);
    const at = sigma === 1 ? unit : moments(record, p, sigma);
    const found = {
      setting,
      at,
      unit,
      gain: 1 / Math.sqrt(unit.second),
      flat: flatShare(record, p, sigma, FLAT),
    };
    known.set(record, found);
    return found;
  }

  /** @param {Figures} figures @param {Row} row */
  const cell = (figures, [, of, written]) =>
    (written ?? ((value) => powers(value, 4)))(of(figures));

  function table() {
    const records = lab.chosen();
    for (const record of known.keys()) if (!records.includes(record)) known.delete(record);
    const heads = records.map(
      ({ name, label }) =>
        html`<th scope="col" style="color:${activationColour(name)}">${label}</th>`,
    );
    fill($("heads"), html`<td></td>${heads}`);
    const unit = html`<tr class="signal-unit"
      ><th scope="colgroup" colspan="${records.length + 1}">${t("signal.at_one")}</th></tr>`;
    const rows = ROWS.map((row) => {
      const [key] = row;
      const cells = records.map(
        (record) => html`<td><span>${cell(figures(record), row)}</span></td>`,
      );
      return html`${key === FIRST_UNIT_ROW ? unit : ""}<tr data-row="${key}"
        ><th scope="row" title="${t(`signal.tip_${key}`)}">${t(`signal.row_${key}`)}</th
        >${cells}</tr>`;
    });
    fill($("rows"), html`${rows}`);
  }

  /** Swish's own column, while β moves. */
  function column() {
    const found = figures(lab.swish);
    for (const row of ROWS) {
      const shown = host.querySelector(`[data-row="${row[0]}"] td span`);
      if (shown) setText(shown, cell(found, row));
    }
  }

  const rival = () =>
    /** @type {Activation} */ (lab.recordOf(state.get("against")) ?? lab.recordOf("relu"));
  /** @param {Activation} record @returns {import("./depth_plot.js").Walk} */
  function walkOf(record) {
    const gain = state.get("gain");
    const factor = gain === "own" ? figures(record).gain : gain === "he" ? Math.SQRT2 : gain;
    return { record, p: lab.values(record), gain: factor };
  }

  /** The last variance of a path, as it is written. @param {number[]} path */
  function endOf(path) {
    const q = path[path.length - 1];
    if (Number.isNaN(q)) return t("signal.none");
    return q < 1e-300 ? "0" : q > 1e300 ? "∞" : powers(q, 3);
  }

  /** The network: its plot, and in words what it shows. */
  function network() {
    const walks = [rival(), lab.swish].map(walkOf);
    const paths = plot.draw(walks);
    const [other, swish] = walks.map(({ record }) => record);
    const { gain, unit } = figures(swish);
    const own = state.get("gain") === "own";
    const fixed =
      !Number.isFinite(gain) || !own
        ? ""
        : t(`signal.says_${stability(unit.growth)}`, {
            gain: short(gain, 5),
            name: nameOf(swish),
            slope: short(unit.growth, 4),
          });
    const after = t(own ? "signal.says_after_own" : "signal.says_after", {
      gain: short(walks[1].gain, 5),
      start: short(state.get("q0"), 4),
      layers: state.get("layers"),
      name: own ? "Swish" : nameOf(swish),
      q: endOf(paths[1]),
      rival: other.label,
      rival_q: endOf(paths[0]),
    });
    $("says").textContent = `${fixed} ${after}`.trim();
    /** @param {Activation} record */
    const named = ({ name, label }) =>
      html`<b style="color:${activationColour(name)}">${label}</b>`;
    const diagonal = state.get("depth") === "cobweb" && ` · ${t("signal.diagonal")}`;
    fill($("legend"), html`${named(swish)} · ${named(other)}${diagonal || ""}`);
  }
  /** @param {Activation} swish */
  const nameOf = (swish) => `${swish.label} (β = ${short(state.get("beta"), 4)})`;

  /** What the controls show. */
  function controls() {
    const sigma = state.get("sigma");
    slider.value = String(Math.log10(sigma));
    slider.setAttribute("aria-valuetext", `σ = ${short(sigma, 3)}`);
    const gain = state.get("gain");
    const fields = {
      "sigma-value": sigma,
      "gain-value": typeof gain === "number" ? gain : walkOf(lab.swish).gain,
      q0: state.get("q0"),
      layers: state.get("layers"),
    };
    for (const [name, value] of Object.entries(fields)) {
      const field = $(name, HTMLInputElement);
      if (document.activeElement !== field) field.value = short(value, 5);
      if (document.activeElement !== field) field.setAttribute("aria-invalid", "false");
    }
    for (const show of pressed) show();
    const rivals = new Set([...lab.chosen(), rival()].filter((record) => record !== lab.swish));
    offer(
      against,
      [...rivals].map((record) => [lab.keyOf(record), record.label]),
      lab.keyOf(rival()),
    );
  }

  function all() {
    clearTimeout(resting);
    controls();
    table();
    network();
  }

  let awaited = false;
  state.subscribe(["sigma", "gain", "q0", "layers", "depth", "against"], () => {
    if (awaited) return;
    awaited = true;
    requestAnimationFrame(() => {
      awaited = false;
      all();
    });
  });

  slider.addEventListener("input", () =>
    state.set({ sigma: Number((10 ** Number(slider.value)).toPrecision(3)) }),
  );
  against.addEventListener("change", () => state.set({ against: against.value }));
  for (const { part, name, low, high, whole } of EXACT) {
    const field = $(part, HTMLInputElement);
    field.addEventListener("change", () => {
      const value = number(low, high)(field.value);
      const good = value !== undefined && (!whole || Number.isInteger(value));
      const limits = { name: field.dataset.name ?? "", low, high };
      field.setAttribute("aria-invalid", String(!good));
      $("error").textContent = good ? "" : t("signal.error_range", limits);
      if (good) state.set({ [name]: value });
    });
  }

  return {
    update(what) {
      if (what !== "beta") return all();
      column();
      plot.move(walkOf(lab.swish));
      clearTimeout(resting);
      resting = setTimeout(all, REST);
    },
  };
}

/** What is entered exactly: its field, its property in the state, its limits. */
const EXACT = [
  { part: "sigma-value", name: "sigma", low: 0.1, high: 10, whole: false },
  { part: "gain-value", name: "gain", low: 0.01, high: 100, whole: false },
  { part: "q0", name: "q0", low: 0.001, high: 1000, whole: false },
  { part: "layers", name: "layers", low: 1, high: 100, whole: true },
];

function skeleton() {
  /** @param {string} key */
  const h = (key) => t(`signal.${key}`);
  /** @param {string} part @param {string} key @param {string} name */
  const field = (part, key, name) =>
    html`<label class="signal-field" title="${h(`tip_${key}`)}">${h(key)} <input class="lab-field"
        data-part="${part}" data-name="${name}" inputmode="decimal" autocomplete="off"></label>`;
  const gains = html`<button data-gain="own" title="${h("tip_own")}">${h("own")}</button
    ><button data-gain="he" title="${h("tip_he")}">He √2</button>`;
  const views = html`<button data-depth="cobweb" title="${h("tip_cobweb")}">${h("cobweb")}</button
    ><button data-depth="layers" title="${h("tip_by_layer")}">${h("by_layer")}</button>`;
  const fields = [
    field("gain-value", "gain", h("gain")),
    field("q0", "start", "q₀"),
    field("layers", "layers", h("layers")),
  ];
  return html`<p class="lab-note" data-part="intro">${h("intro")}</p>
    <div class="signal-halves"><div>
    <div class="signal-sigma"><label title="${h("tip_sigma")}">σ <input type="range"
        data-part="sigma" min="-1" max="1" step="0.01" aria-label="σ"></label>
      <input class="lab-field" data-part="sigma-value" data-name="σ"
        aria-label="${h("sigma_exact")}" title="${h("sigma_exact")}" inputmode="decimal"
        autocomplete="off"></div>
    <div class="lab-scroll" tabindex="0"><table class="signal-table"
      ><thead><tr data-part="heads"></tr></thead><tbody data-part="rows"></tbody></table></div>
    </div><div>
    <h3>${h("network")}</h3>
    <p class="signal-says" data-part="says" aria-live="polite"></p>
    <div class="lab-row signal-controls">
      <span class="lab-seg" role="group" aria-label="${h("gain")}">${gains}</span>
      ${fields}
      <label class="signal-field" title="${h("tip_against")}">${h("against")}
        <select class="lab-field" data-part="against"></select></label>
    </div>
    <p class="lab-error" data-part="error" role="alert"></p>
    <div class="lab-row lab-between"><span class="lab-note" data-part="legend"></span>
      <span class="lab-row"><span class="lab-seg" role="group" aria-label="${h("view")}"
        >${views}</span>${pictureMenu()}</span></div>
    <div class="signal-plot" data-part="plot" role="img" aria-label="${h("plot_label")}"></div>
    </div></div>`;
}
