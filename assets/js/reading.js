/** What is read off the curves: a crosshair through all panels, the values beside it, the labels. */

import { swishLandmarks } from "./activations.js";
import { escape, fixed, short, t } from "./text.js";
import { activationColour } from "./theme.js";

/** Rows of the box beside the crosshair before it takes another column. */
const ROWS = 14;

/**
 * @param {HTMLElement} frame What the pointer moves over; it holds the plot.
 * @param {any} plot The live plot.
 * @param {any} lab
 */
export function reading(frame, plot, lab) {
  const $ = (name) => frame.querySelector(`[data-part="${name}"]`);
  const line = $("crosshair");
  const box = $("box");
  const labels = { f: $("label-dip"), df: $("label-steep") };
  let cursor = 0.5;
  /** The panel that the pointer is over; null where it is elsewhere. */
  let over = null;

  const axes = (index) => {
    const layout = plot.node._fullLayout ?? {};
    const number = index ? index + 1 : "";
    return [layout.xaxis, layout[`yaxis${number}`]];
  };

  /** The values of all curves of a panel at the cursor, highest first. */
  function values(panel) {
    return lab
      .curves(panel)
      .map(({ activation, of }) => ({ activation, value: of(cursor) }))
      .filter(({ value }) => value !== null && !Number.isNaN(value));
  }

  const name = ({ activation }) => `<b style="color:${activationColour(activation.name)}">${escape(activation.label)}</b>`;
  const named = (row) => `<span>${name(row)} ${figure(row.value)}</span>`;

  function heads() {
    lab.state.get("show").forEach((panel, index) => {
      const head = frame.querySelector(`[data-reading="${panel}"]`);
      if (!head) return;
      // In the menu's order, so that no name changes its place while the pointer moves.
      const rows = values(panel);
      const texts = rows.map(({ value }) => ` ${figure(value)}`);
      const names = rows.map(name);
      if (!index) {
        names.unshift("");
        texts.unshift(`x = ${fixed(cursor, digits())}`);
      }
      // The names stay while the figures change, of which most do not: β moves Swish's alone.
      const all = names.join();
      if (head.names !== all) head.innerHTML = names.map((each, at) => `<span>${each}${texts[at]}</span>`).join("");
      else [...head.children].forEach(({ lastChild }, at) => lastChild.data !== texts[at] && (lastChild.data = texts[at]));
      head.names = all;
    });
  }

  /** As many digits as the pointer can tell. */
  function digits() {
    const [low, high] = lab.state.get("x");
    return Math.min(9, Math.max(2, Math.ceil(-Math.log10((high - low) / 600))));
  }

  function crosshair() {
    const [x] = axes(0);
    if (!x?._length) return;
    const at = x.d2p(cursor);
    line.hidden = !(at >= 0 && at <= x._length);
    line.style.transform = `translateX(${x._offset + at}px)`;
    const away = over === null || line.hidden;
    if (box.hidden !== away) box.hidden = away; // written anew, it is styled anew
    if (away) return;
    const [, y] = axes(lab.state.get("show").indexOf(over));
    const rows = values(over).sort((a, b) => b.value - a.value);
    box.style.setProperty("--columns", String(Math.ceil(rows.length / ROWS)));
    box.innerHTML = `<p>x = ${fixed(cursor, digits())}</p><div>${rows.map(named).join("")}</div>`;
    const right = at > 0.55 * x._length;
    box.style.transform = `translate(${x._offset + at + (right ? -14 : 14)}px, ${(y?._offset ?? 0) + 8}px)${right ? " translateX(-100%)" : ""}`;
  }

  /** The dip's and the steepest slope's figures, beside their markers. */
  function figures() {
    const points = swishLandmarks(lab.state.get("beta"));
    const dip = points.find(({ kind }) => kind === "minimum" || kind === "maximum");
    const steep = points.find(({ kind }) => kind === "steepest");
    write(labels.f, "f", dip, dip?.value, dip?.kind === "minimum" ? 10 : -26);
    write(labels.df, "df", steep, steep?.slope, -26);
  }

  function write(label, panel, point, height, off) {
    const index = lab.state.get("show").indexOf(panel);
    const [x, y] = index < 0 ? [] : axes(index);
    const [left, top] = point && x && y ? [x.d2p(point.x), y.d2p(height)] : [NaN, NaN];
    label.hidden = !(left >= 0 && left <= x?._length && top >= 0 && top <= y?._length);
    if (label.hidden) return;
    label.textContent = fixed(height, 4);
    if (top + off + 16 > y._length) off = -26; // below it the figures of x would be hidden
    off = Math.max(off, -top - 6); // above it the panel's readings
    const inside = Math.min(Math.max(x._offset + left, 30), x._offset + x._length - 24);
    label.style.transform = `translate(${inside}px, ${y._offset + top + off}px) translateX(-50%)`;
  }

  /** Everything that stands over the plot. */
  function place() {
    crosshair();
    figures();
  }

  function read(at) {
    const [low, high] = lab.state.get("x");
    cursor = Math.min(high, Math.max(low, at));
    heads();
    crosshair();
  }

  frame.addEventListener("pointermove", (event) => {
    const [x] = axes(0);
    if (!x) return;
    const bounds = plot.node.getBoundingClientRect();
    const [at, height] = [event.clientX - bounds.left - x._offset, event.clientY - bounds.top];
    over = lab.state.get("show").find((panel, index) => {
      const [, y] = axes(index);
      return y && height >= y._offset && height <= y._offset + y._length;
    }) ?? null;
    if (at < 0 || at > x._length) over = null;
    else read(x.p2d(at));
    if (over === null) crosshair();
  });
  frame.addEventListener("pointerleave", () => {
    over = null;
    crosshair();
  });
  frame.addEventListener("keydown", (event) => {
    if (event.target !== frame || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
    event.preventDefault();
    const [low, high] = lab.state.get("x");
    const step = ((high - low) / 120) * (event.shiftKey ? 5 : 1);
    read(cursor + (event.key === "ArrowLeft" ? -step : step));
    say();
  });

  /** What a screen reader is told, once all rests. */
  let rest = 0;
  function say() {
    clearTimeout(rest);
    rest = setTimeout(() => ($("spoken").textContent = spoken(lab, cursor, values("f"))), 700);
  }

  return {
    /** The curves have moved or changed. */
    update() {
      heads();
      place();
      say();
    },
    place,
  };
}

const figure = (value) => (Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? short(value, 3) : fixed(value, 3));

/** What the plot shows, in a sentence or two. */
function spoken(lab, cursor, values) {
  const beta = lab.state.get("beta");
  const points = swishLandmarks(beta).map(({ kind, x, value, slope }) =>
    t(kind === "minimum" || kind === "maximum" ? "explore.spoken_extreme" : "explore.spoken_slope", {
      what: t(`explore.landmark_${kind}`),
      x: fixed(x, 4),
      value: fixed(value, 4),
      slope: fixed(slope, 4),
    }),
  );
  const at = values.map(({ activation, value }) => `${activation.label} ${fixed(value, 3)}`);
  return `${t("explore.spoken", { beta: short(beta, 4), points: points.join("; ") || t("explore.note_zero") })} ${t("explore.spoken_at", { x: fixed(cursor, 2), values: at.join(", ") })}`;
}
