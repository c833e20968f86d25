/** A lens over f's panel: Swish's dip, large, and in words where and how deep it is. */

import { fill, find, html, setText } from "../core/dom.js";
import { compact, t } from "../core/text.js";
import { swishLandmarks } from "../generated/activations.js";

/** What it shows, in units of x and of f; and how large, in pixels of its own. */
const [LEFT, RIGHT, FOOT, TOP] = [-5, 1, -0.62, 0.2];
const [WIDTH, HEIGHT] = [240, 118];
const POINTS = 120;
const DIGITS = 3;
/** Where it lies, as shares of the x that is shown; what stays clear below it, of the height. */
const BELOW = [0, 0.1, 0.2, 0.3, 0.4];
const CLEAR = 0.2;
/** W(1/e), W being Lambert's function. */
const W = 0.2784645427610738;
/** All minima of Swish_β lie on a line through the origin, whatever β is. */
const LOCUS = W / (1 + W);

/** @param {number} x */
const across = (x) => ((x - LEFT) / (RIGHT - LEFT)) * WIDTH;
/** @param {number} y */
const down = (y) => ((TOP - y) / (TOP - FOOT)) * HEIGHT;
/** @param {number} pixels */
const px = (pixels) => Math.max(-999, Math.min(999, pixels)).toFixed(1);

/**
 * @param {HTMLElement} host
 * @param {import("./lab.js").Lab} lab
 */
export function dipLens(host, lab) {
  fill(host, skeleton());
  const [curve, mark, value] = ["curve", "mark", "value"].map((which) =>
    find(host, `[data-${which}]`, SVGElement),
  );
  const said = find(host, "[data-said]");
  const xs = Array.from({ length: POINTS + 1 }, (_, at) => LEFT + (at * (RIGHT - LEFT)) / POINTS);

  /** Draws it anew, for another β. */
  function move() {
    if (host.hidden) return;
    const beta = lab.state.get("beta");
    const values = { beta };
    const line = xs.map((x) => `${px(across(x))},${px(down(lab.swish.f(x, values)))}`);
    curve.setAttribute("d", `M${line.join("L")}`);
    const [dip] = swishLandmarks(beta).filter(({ kind }) => kind === "minimum");
    const inside = dip && dip.x >= LEFT && dip.value >= FOOT;
    mark.style.display = inside ? "" : "none";
    if (inside) {
      const [x, y] = [px(across(dip.x)), px(down(dip.value))];
      mark.setAttribute("transform", `translate(${x},${y})`);
      setText(value, compact(dip.value, DIGITS));
    }
    const figures = dip && { x: compact(dip.x, DIGITS), value: compact(dip.value, DIGITS) };
    setText(said, figures ? t("explore.lens_says", figures) : t("explore.lens_none"));
  }

  /** Whether a curve passes where it lies: to the left, well above 0. */
  function covers() {
    const [low, high] = lab.state.get("x");
    /** @param {import("./lab.js").Activation} record @param {number} share Of the shown x. */
    const at = (record, share) => record.f(low + share * (high - low), lab.values(record)) || 0;
    const shown = lab.chosen();
    const top = Math.max(...shown.map((record) => at(record, 1)));
    return shown.some((record) => BELOW.some((share) => at(record, share) > CLEAR * top));
  }

  /** Shows it or takes it away, as the state says; it hides no curve. */
  function paint() {
    const { state } = lab;
    host.hidden = state.get("lens") !== "on" || !state.get("show").includes("f") || covers();
    move();
  }

  return { move, paint };
}

function skeleton() {
  const axes = `M0,${px(down(0))}H${WIDTH}M${px(across(0))},0V${HEIGHT}`;
  const locus = `M${px(across(0))},${px(down(0))}L${px(across(FOOT / LOCUS))},${px(down(FOOT))}`;
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">
      <path class="lens-axes" d="${axes}"/><path class="lens-locus" d="${locus}"/>
      <path class="lens-curve" data-curve/>
      <g data-mark><circle r="5"/><text y="20" text-anchor="middle" data-value></text></g>
      <text class="lens-end" x="4" y="${HEIGHT - 5}">x = ${"−5"}</text>
      <text class="lens-end" x="${WIDTH - 4}" y="${HEIGHT - 5}" text-anchor="end">1</text></svg>
    <p data-said></p>`;
}
