/**
 * What lies over the curves: a crosshair through all panels with the values beside it, the figures
 * at the landmarks, and a lens on Swish's dip.
 */

import {
  closest,
  compact,
  fill,
  find,
  findAll,
  fixed,
  html,
  partsOf,
  setText,
  short,
  t,
} from "../core/html.js";
import { activationColour } from "../core/theme.js";
import { W } from "../formulas/special_functions.js";
import { swishLandmarks } from "../generated/activations.js";
import { ENLARGED, presenting } from "../lecture/mode.js";

/** Rows of the box beside the crosshair before it takes another column; pixels of a column. */
const ROWS = 14;
const COLUMN = 165;
/** Between the names over a panel, and what each figure may grow by. */
const GAP = 12;
const GROWTH = 5;
/** Where a label stands, in pixels down from its point, and how high it is. */
const [ABOVE, BELOW, LETTERS] = [-26 * ENLARGED, 10 * ENLARGED, 16 * ENLARGED];
/** How far it may reach over its panel: in a lecture no readings stand there. */
const OVER = presenting ? LETTERS : 6;
/** A finger that has moved no further has tapped. */
const TAP = 8;

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {import("./lab.js").Activation} Activation */
/** @typedef {import("../formulas/special_functions.js").Landmark} Landmark */
/** @typedef {{activation: Activation, value: number}} Value At the cursor. */

/**
 * @param {HTMLElement} frame What the pointer moves over; it holds the plot.
 * @param {ReturnType<typeof import("./curves.js").curves>} drawn
 * @param {Lab} lab
 */
export function crosshair(frame, { plot, curvesOf }, lab) {
  const $ = partsOf(frame);
  const line = $("crosshair");
  const box = $("box");
  const labels = { f: $("label-dip"), df: $("label-steep") };
  /** @type {WeakMap<HTMLElement, Activation[]>} Whose names stand over each panel. */
  let written = new WeakMap();
  let cursor = 0.5;
  /** @type {string | null} The panel that the pointer is over, or that was tapped. */
  let over = null;
  /** @returns {string[]} */
  const panels = () => lab.state.get("show");

  /** Plotly's axes of a panel, as drawn. @param {number} index @returns {any[]} */
  const axes = (index) => {
    const layout = plot.node._fullLayout ?? {};
    const number = index ? index + 1 : "";
    return [layout.xaxis, layout[`yaxis${number}`]];
  };

  /** The values of all curves of a panel at the cursor. @param {string} panel @returns {Value[]} */
  function values(panel) {
    return curvesOf(panel)
      .map(({ activation, of }) => ({ activation, value: of(cursor) }))
      .filter(({ value }) => value !== null && !Number.isNaN(value));
  }

  /** @param {Value} row */
  const name = ({ activation }) =>
    html`<b style="color:${activationColour(activation.name)}">${activation.label}</b>`;
  /** @param {Value} row */
  const named = (row) => html`<span>${name(row)} ${compact(row.value, 3)}</span>`;

  function heads() {
    const [low, high] = lab.state.get("x");
    if (cursor < low || cursor > high) cursor = (low + high) / 2;
    panels().forEach((panel, index) => {
      /** @type {HTMLElement | null} */
      const head = frame.querySelector(`[data-reading="${panel}"]`);
      if (!head) return;
      // In the menu's order, so that no name changes its place while the pointer moves.
      const rows = values(panel);
      const texts = rows.map(({ value }) => ` ${compact(value, 3)}`);
      if (!index) texts.unshift(`x = ${fixed(cursor, digits())}`);
      // The names stay while the figures change, of which most do not: β moves Swish's alone.
      const before = written.get(head);
      if (
        before?.length === rows.length &&
        rows.every((row, at) => row.activation === before[at])
      ) {
        for (const [at, { lastChild }] of [...head.children].entries()) {
          if (lastChild && lastChild.nodeValue !== texts[at]) lastChild.nodeValue = texts[at];
        }
        return;
      }
      const names = [...(index ? [] : [html``]), ...rows.map(name)];
      fill(head, html`${names.map((each, at) => html`<span>${each}${texts[at]}</span>`)}`);
      fit(head);
      written.set(
        head,
        rows.map(({ activation }) => activation),
      );
    });
  }

  /**
   * Shows as many names as there is room for, and how many more there are.
   * @param {HTMLElement} head
   */
  function fit(head) {
    const more = find(/** @type {HTMLElement} */ (head.parentElement), "[data-more]");
    more.hidden = true;
    const names = findAll(head, ":scope > *");
    const widths = names.map((each) => each.offsetWidth + GAP + GROWTH);
    if (widths.reduce((sum, width) => sum + width, 0) <= head.clientWidth) return;
    more.hidden = false;
    let room = head.clientWidth;
    let left = 0;
    widths.forEach((width, at) => {
      room -= width;
      const out = room < 0;
      names[at].hidden = out;
      left += Number(out);
    });
    more.textContent = `+${left}`;
    more.setAttribute("aria-label", t("explore.more_values", { count: left }));
  }

  /** As many digits as the pointer can tell. */
  function digits() {
    const [low, high] = lab.state.get("x");
    return Math.min(9, Math.max(2, Math.ceil(-Math.log10((high - low) / 600))));
  }

  function showLine() {
    const [x] = axes(0);
    if (!x?._length) return;
    const at = x.d2p(cursor);
    line.hidden = !(at >= 0 && at <= x._length);
    line.style.transform = `translateX(${x._offset + at}px)`;
    const away = over === null || line.hidden;
    if (box.hidden !== away) box.hidden = away; // written anew, it is styled anew
    if (away) return;
    const [, y] = axes(panels().indexOf(over ?? ""));
    const rows = values(over ?? "").sort((a, b) => b.value - a.value);
    const { clientWidth, clientHeight } = frame;
    const room = Math.floor((clientWidth - 24) / COLUMN);
    const columns = Math.max(1, Math.min(Math.ceil(rows.length / ROWS), room));
    box.style.setProperty("--columns", String(columns));
    fill(box, html`<p>x = ${fixed(cursor, digits())}</p><div>${rows.map(named)}</div>`);
    // Beside the crosshair, where there is more room, and whole within the frame.
    const left = x._offset + at + (at > 0.55 * x._length ? -14 - box.offsetWidth : 14);
    /** @param {number} wanted @param {number} size @param {number} whole */
    const inside = (wanted, size, whole) => Math.max(0, Math.min(wanted, whole - size));
    const across = inside(left, box.offsetWidth, clientWidth);
    const down = inside((y?._offset ?? 0) + 8, box.offsetHeight, clientHeight);
    box.style.transform = `translate(${across}px, ${down}px)`;
  }

  /** The dip's and the steepest slope's figures, beside their markers. */
  function figures() {
    const points = swishLandmarks(lab.state.get("beta"));
    const dip = points.find(({ kind }) => kind === "minimum" || kind === "maximum");
    const steep = points.find(({ kind }) => kind === "steepest");
    label(labels.f, "f", dip, dip?.value, dip?.kind === "minimum" ? BELOW : ABOVE);
    label(labels.df, "df", steep, steep?.slope, ABOVE);
  }

  /**
   * @param {HTMLElement} node @param {string} panel @param {Landmark | undefined} point
   * @param {number | undefined} height @param {number} off Pixels down from the point.
   */
  function label(node, panel, point, height = NaN, off) {
    const index = panels().indexOf(panel);
    const [x, y] = index < 0 ? [] : axes(index);
    const [left, top] = point && x && y ? [x.d2p(point.x), y.d2p(height)] : [NaN, NaN];
    node.hidden = !(left >= 0 && left <= x?._length && top >= 0 && top <= y?._length);
    if (node.hidden) return;
    setText(node, compact(height, 4));
    // Below it the figures of x would be hidden, above it the panel's readings.
    const wanted = top + off + LETTERS > y._length ? ABOVE : off;
    const away = Math.max(wanted, -top - OVER);
    const inside = Math.min(Math.max(x._offset + left, 30), x._offset + x._length - 24);
    node.style.transform = `translate(${inside}px, ${y._offset + top + away}px) translateX(-50%)`;
  }

  /** Everything that stands over the plot. */
  function place() {
    showLine();
    figures();
  }

  /** @param {number} at */
  function read(at) {
    const [low, high] = lab.state.get("x");
    cursor = Math.min(high, Math.max(low, at));
    heads();
    showLine();
  }

  /**
   * Moves the crosshair to where a pointer is, if that is in a panel.
   * @param {PointerEvent} event
   */
  function point(event) {
    const [x] = axes(0);
    if (!x) return;
    const bounds = plot.node.getBoundingClientRect();
    const [at, height] = [event.clientX - bounds.left - x._offset, event.clientY - bounds.top];
    over =
      panels().find((_, index) => {
        const [, y] = axes(index);
        return y && height >= y._offset && height <= y._offset + y._length;
      }) ?? null;
    if (at < 0 || at > x._length) over = null;
    else read(x.p2d(at));
    if (over === null) showLine();
  }
  function leave() {
    over = null;
    showLine();
  }

  // A mouse reads where it is; a finger moves x, and reads where it taps, until the next tap.
  /** @type {PointerEvent | null} */
  let tapped = null;
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    tapped = event.isPrimary && !closest(event.target, "button, .explore-box") ? event : null;
  });
  frame.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") return point(event);
    if (!tapped) return;
    const [right, down] = [event.clientX - tapped.clientX, event.clientY - tapped.clientY];
    if (Math.hypot(right, down) <= TAP) return;
    tapped = null;
    leave();
  });
  frame.addEventListener("pointerup", (event) => {
    if (!tapped || event.pointerType !== "touch") return;
    tapped = null;
    point(event);
    say();
  });
  frame.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && leave());
  document.addEventListener(
    "pointerdown",
    ({ target }) => over !== null && !frame.contains(/** @type {Node} */ (target)) && leave(),
  );
  // All values of a panel, where not all have room over it.
  frame.addEventListener("click", (event) => {
    const panel = closest(event.target, "[data-more]")?.dataset.more;
    if (!panel) return;
    over = over === panel ? null : panel;
    showLine();
  });
  frame.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return leave();
    if (event.target !== frame || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
    event.preventDefault();
    const [low, high] = lab.state.get("x");
    const step = ((high - low) / 120) * (event.shiftKey ? 5 : 1);
    read(cursor + (event.key === "ArrowLeft" ? -step : step));
    say();
  });

  /** What a screen reader is told, once all rests. */
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let rest;
  function say() {
    clearTimeout(rest);
    rest = setTimeout(() => {
      setText($("spoken"), description(lab, cursor, values("f")));
    }, 700);
  }

  return {
    /** The curves have moved or changed. @param {boolean} [anew] Colours too. */
    update(anew = false) {
      if (anew) written = new WeakMap();
      heads();
      place();
      say();
    },
    place,
  };
}

/**
 * What the plot shows, in a sentence or two.
 * @param {Lab} lab @param {number} cursor @param {Value[]} values
 */
function description(lab, cursor, values) {
  const beta = lab.state.get("beta");
  const points = swishLandmarks(beta).map(({ kind, x, value, slope }) => {
    const extreme = kind === "minimum" || kind === "maximum";
    return t(extreme ? "explore.spoken_extreme" : "explore.spoken_slope", {
      what: t(`explore.landmark_${kind}`),
      x: compact(x, 4),
      value: compact(value, 4),
      slope: compact(slope, 4),
    });
  });
  const named = points.join("; ") || t("explore.spoken_line");
  const at = values.map(({ activation, value }) => `${activation.label} ${compact(value, 3)}`);
  return [
    t("explore.spoken", { beta: short(beta, 4), points: named }),
    t("explore.spoken_at", { x: fixed(cursor, 2), values: at.join(", ") }),
  ].join(" ");
}

/** What it shows, in units of x and of f; and how large, in pixels of its own. */
const [LEFT, RIGHT, FOOT, TOP] = [-5, 1, -0.62, 0.2];
const [WIDTH, HEIGHT] = [240, 118];
const POINTS = 120;
const DIGITS = 3;
/** Where it lies, as shares of the x that is shown; what stays clear below it, of the height. */
const ACROSS = [0, 0.1, 0.2, 0.3, 0.4];
const CLEAR = 0.2;
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
    return shown.some((record) => ACROSS.some((share) => at(record, share) > CLEAR * top));
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
