/** As a signal sees it: what an activation makes of N(0, σ²), and a deep network of many layers. */

import { number } from "../core/state.js";
import { escaped, powers, short, t } from "../core/text.js";
import { activationColour } from "../core/theme.js";
import { flatShare } from "../formulas/flatness.js";
import { moments } from "../formulas/moments.js";
import { depthPlot } from "./depth_plot.js";

/** |f′| below this passes no gradient to speak of. */
const FLAT = 0.01;
/** A slope this near to 1 is 1: the integrals are right to 10⁻¹². */
const SAME = 1e-9;
const REST = 160;

/** A share, told apart from none at all. @param {number} value */
const shareOf = (value) => (value > 0 && value < 1e-4 ? "< 0.01 %" : `${short(100 * value, 3)} %`);

/** The rows: key, the number, how it is written. The later ones hold at σ = 1. */
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
const UNIT_ROWS = ["gain", "slope", "fixed", "gradient"];

/** @param {number} slope Of q ↦ g²·E[f(√q·t)²] at its fixed point 1. */
const stability = (slope) =>
  Math.abs(slope - 1) < SAME ? "marginal" : slope > 1 ? "unstable" : "stable";

/** @param {HTMLElement} host @param {any} lab */
export function card(host, lab) {
  host.innerHTML = skeleton();
  const $ = (name) => host.querySelector(`[data-part="${name}"]`);
  const { state } = lab;
  const plot = depthPlot($("plot"), lab);
  const known = new Map();
  let resting = 0;

  /** All figures of a record, computed once for each setting. */
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

  const cell = (figure, [, of, written]) => (written ?? ((value) => powers(value, 4)))(of(figure));

  function table() {
    const records = lab.chosen();
    for (const record of known.keys()) if (!records.includes(record)) known.delete(record);
    $("heads").innerHTML =
      `<th></th>${records.map((record) => `<th scope="col" style="color:${activationColour(record.name)}">${escaped(record.label)}</th>`).join("")}`;
    $("rows").innerHTML = ROWS.map((row) => {
      const [key] = row;
      const head =
        key === UNIT_ROWS[0]
          ? `<tr class="signal-unit"><th scope="colgroup" colspan="${records.length + 1}">${escaped(t("signal.at_one"))}</th></tr>`
          : "";
      const cells = records
        .map((record) => `<td><span>${escaped(cell(figures(record), row))}</span></td>`)
        .join("");
      return `${head}<tr data-row="${key}"><th scope="row" title="${escaped(t(`signal.tip_${key}`))}">${escaped(t(`signal.row_${key}`))}</th>${cells}</tr>`;
    }).join("");
  }

  /** Swish's own column, while β moves. */
  function column() {
    const found = figures(lab.swish);
    for (const row of ROWS) {
      const shown = host.querySelector(`[data-row="${row[0]}"] td span`);
      const words = cell(found, row);
      if (shown && shown.textContent !== words) shown.textContent = words;
    }
  }

  const rival = () => lab.recordOf(state.get("against")) ?? lab.recordOf("relu");
  function walkOf(record) {
    const gain = state.get("gain");
    return {
      record,
      p: lab.values(record),
      gain: gain === "own" ? figures(record).gain : gain === "he" ? Math.SQRT2 : gain,
    };
  }

  /** The network: its plot, and in words what it shows. */
  function network() {
    const walks = [rival(), lab.swish].map(walkOf);
    const paths = plot.draw(walks);
    const [other, swish] = walks.map(({ record }) => record);
    const q = (path) =>
      Number.isNaN(path.at(-1))
        ? t("signal.none")
        : path.at(-1) < 1e-300
          ? "0"
          : path.at(-1) > 1e300
            ? "∞"
            : powers(path.at(-1), 3);
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
      q: q(paths[1]),
      rival: other.label,
      rival_q: q(paths[0]),
    });
    $("says").textContent = `${fixed} ${after}`.trim();
    $("legend").innerHTML = [swish, other]
      .map(
        (record) =>
          `<b style="color:${activationColour(record.name)}">${escaped(record.label)}</b>`,
      )
      .concat(state.get("depth") === "cobweb" ? escaped(t("signal.diagonal")) : [])
      .join(" · ");
  }
  const nameOf = (swish) => `${swish.label} (β = ${short(state.get("beta"), 4)})`;

  /** What the controls show. */
  function controls() {
    const sigma = state.get("sigma");
    $("sigma").value = String(Math.log10(sigma));
    $("sigma").setAttribute("aria-valuetext", `σ = ${short(sigma, 3)}`);
    const gain = state.get("gain");
    const fields = {
      "sigma-value": sigma,
      "gain-value": typeof gain === "number" ? gain : walkOf(lab.swish).gain,
      q0: state.get("q0"),
      layers: state.get("layers"),
    };
    for (const [name, value] of Object.entries(fields)) {
      const field = $(name);
      if (document.activeElement !== field) field.value = short(value, 5);
      if (document.activeElement !== field) field.setAttribute("aria-invalid", "false");
    }
    for (const button of host.querySelectorAll("[data-gain]"))
      button.setAttribute("aria-pressed", String(button.dataset.gain === gain));
    for (const button of host.querySelectorAll("[data-depth]"))
      button.setAttribute("aria-pressed", String(button.dataset.depth === state.get("depth")));
    const names = new Map(
      [...lab.chosen(), rival()]
        .filter((record) => record !== lab.swish)
        .map((record) => [lab.keyOf(record), record.label]),
    );
    const html = [...names]
      .map(([name, label]) => `<option value="${escaped(name)}">${escaped(label)}</option>`)
      .join("");
    if ($("against").dataset.html !== html)
      $("against").innerHTML = $("against").dataset.html = html;
    $("against").value = lab.keyOf(rival());
  }

  function all() {
    clearTimeout(resting);
    controls();
    table();
    network();
  }

  let asked = false;
  state.subscribe((changed) => {
    if (
      asked ||
      !["sigma", "gain", "q0", "layers", "depth", "against"].some((name) => changed.has(name))
    )
      return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      all();
    });
  });

  $("sigma").addEventListener("input", ({ target }) =>
    state.set({ sigma: Number((10 ** Number(target.value)).toPrecision(3)) }),
  );
  for (const button of host.querySelectorAll("[data-gain]"))
    button.addEventListener("click", () => state.set({ gain: button.dataset.gain }));
  for (const button of host.querySelectorAll("[data-depth]"))
    button.addEventListener("click", () => state.set({ depth: button.dataset.depth }));
  $("against").addEventListener("change", ({ target }) => state.set({ against: target.value }));
  for (const [part, name, low, high, whole] of [
    ["sigma-value", "sigma", 0.1, 10],
    ["gain-value", "gain", 0.01, 100],
    ["q0", "q0", 0.001, 1000],
    ["layers", "layers", 1, 100, true],
  ]) {
    $(part).addEventListener("change", ({ target }) => {
      const value = number(low, high)(target.value);
      const good = value !== undefined && (!whole || Number.isInteger(value));
      target.setAttribute("aria-invalid", String(!good));
      $("error").textContent = good
        ? ""
        : t("signal.error_range", { name: target.dataset.name, low, high });
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

const s = (key) => escaped(t(`signal.${key}`));
const field = (part, key, name) =>
  `<label class="signal-field" title="${escaped(t(`signal.tip_${key}`))}">${s(key)} <input class="lab-field" data-part="${part}" data-name="${escaped(name)}" inputmode="decimal" autocomplete="off"></label>`;

function skeleton() {
  return `<p class="lab-note">${s("intro")}</p>
    <div class="signal-halves"><div>
    <div class="signal-sigma"><label title="${s("tip_sigma")}">σ <input type="range" data-part="sigma" min="-1" max="1" step="0.01" aria-label="σ"></label>
      <input class="lab-field" data-part="sigma-value" data-name="σ" aria-label="${s("sigma_exact")}" title="${s("sigma_exact")}" inputmode="decimal" autocomplete="off"></div>
    <div class="lab-scroll" tabindex="0"><table class="signal-table"><thead><tr data-part="heads"></tr></thead><tbody data-part="rows"></tbody></table></div>
    </div><div>
    <h3>${s("network")}</h3>
    <p class="signal-says" data-part="says" aria-live="polite"></p>
    <div class="lab-row signal-controls">
      <span class="lab-seg" role="group" aria-label="${s("gain")}"><button data-gain="own" title="${s("tip_own")}">${s("own")}</button><button data-gain="he" title="${s("tip_he")}">He √2</button></span>
      ${field("gain-value", "gain", t("signal.gain"))}${field("q0", "start", "q₀")}${field("layers", "layers", t("signal.layers"))}
      <label class="signal-field" title="${s("tip_against")}">${s("against")} <select class="lab-field" data-part="against"></select></label>
    </div>
    <p class="lab-error" data-part="error" role="alert"></p>
    <div class="lab-row lab-between"><span class="lab-note" data-part="legend"></span>
      <span class="lab-seg" role="group" aria-label="${s("view")}"><button data-depth="cobweb" title="${s("tip_cobweb")}">${s("cobweb")}</button><button data-depth="layers" title="${s("tip_by_layer")}">${s("by_layer")}</button></span></div>
    <div class="signal-plot" data-part="plot" role="img" aria-label="${s("plot_label")}"></div>
    </div></div>`;
}
