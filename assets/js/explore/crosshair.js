/** What is read off the curves: a crosshair through all panels, the values beside it, the labels. */

import { compact, escaped, fixed, short, t } from "../core/text.js";
import { activationColour } from "../core/theme.js";
import { swishLandmarks } from "../generated/activations.js";

/** Rows of the box beside the crosshair before it takes another column; pixels of a column. */
const ROWS = 14;
const COLUMN = 165;
/** Between the names over a panel, and what each figure may grow by. */
const GAP = 12;
const GROWTH = 5;
/** A finger that has moved no further has tapped. */
const TAP = 8;

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
  /** The panel that the pointer is over, or that was tapped; null where it is elsewhere. */
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

  const name = ({ activation }) =>
    `<b style="color:${activationColour(activation.name)}">${escaped(activation.label)}</b>`;
  const named = (row) => `<span>${name(row)} ${compact(row.value, 3)}</span>`;

  function heads() {
    const [low, high] = lab.state.get("x");
    if (cursor < low || cursor > high) cursor = (low + high) / 2;
    lab.state.get("show").forEach((panel, index) => {
      const head = frame.querySelector(`[data-reading="${panel}"]`);
      if (!head) return;
      // In the menu's order, so that no name changes its place while the pointer moves.
      const rows = values(panel);
      const texts = rows.map(({ value }) => ` ${compact(value, 3)}`);
      const names = rows.map(name);
      if (!index) {
        names.unshift("");
        texts.unshift(`x = ${fixed(cursor, digits())}`);
      }
      // The names stay while the figures change, of which most do not: β moves Swish's alone.
      const all = names.join();
      if (head.names !== all) {
        head.innerHTML = names.map((each, at) => `<span>${each}${texts[at]}</span>`).join("");
        fit(head);
      } else {
        for (const [at, { lastChild }] of [...head.children].entries()) {
          if (lastChild.data !== texts[at]) lastChild.data = texts[at];
        }
      }
      head.names = all;
    });
  }

  /** Shows as many names as there is room for, and how many more there are. */
  function fit(head) {
    const more = head.nextElementSibling;
    more.hidden = true;
    const widths = [...head.children].map((each) => each.offsetWidth + GAP + GROWTH);
    if (widths.reduce((sum, width) => sum + width, 0) <= head.clientWidth) return;
    more.hidden = false;
    let room = head.clientWidth;
    let left = 0;
    widths.forEach((width, at) => {
      room -= width;
      const out = room < 0;
      head.children[at].hidden = out;
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
    const { clientWidth, clientHeight } = frame;
    box.style.setProperty(
      "--columns",
      String(
        Math.max(
          1,
          Math.min(Math.ceil(rows.length / ROWS), Math.floor((clientWidth - 24) / COLUMN)),
        ),
      ),
    );
    box.innerHTML = `<p>x = ${fixed(cursor, digits())}</p><div>${rows.map(named).join("")}</div>`;
    // Beside the crosshair, where there is more room, and whole within the frame.
    const left = x._offset + at + (at > 0.55 * x._length ? -14 - box.offsetWidth : 14);
    const inside = (wanted, size, room) => Math.max(0, Math.min(wanted, room - size));
    box.style.transform = `translate(${inside(left, box.offsetWidth, clientWidth)}px, ${inside((y?._offset ?? 0) + 8, box.offsetHeight, clientHeight)}px)`;
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
    label.textContent = compact(height, 4);
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

  /** Moves the crosshair to where a pointer is, if that is in a panel. */
  function point(event) {
    const [x] = axes(0);
    if (!x) return;
    const bounds = plot.node.getBoundingClientRect();
    const [at, height] = [event.clientX - bounds.left - x._offset, event.clientY - bounds.top];
    over =
      lab.state.get("show").find((_, index) => {
        const [, y] = axes(index);
        return y && height >= y._offset && height <= y._offset + y._length;
      }) ?? null;
    if (at < 0 || at > x._length) over = null;
    else read(x.p2d(at));
    if (over === null) crosshair();
  }
  function leave() {
    over = null;
    crosshair();
  }

  // A mouse reads where it is; a finger moves x, and reads where it taps, until the next tap.
  let tapped = null;
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    tapped = event.isPrimary && !event.target.closest("button, .explore-box") ? event : null;
  });
  frame.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") return point(event);
    if (
      !tapped ||
      Math.hypot(event.clientX - tapped.clientX, event.clientY - tapped.clientY) <= TAP
    )
      return;
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
    (event) => over !== null && !frame.contains(event.target) && leave(),
  );
  // All values of a panel, where not all have room over it.
  frame.addEventListener("click", (event) => {
    const panel = event.target.closest("[data-more]")?.dataset.more;
    if (!panel) return;
    over = over === panel ? null : panel;
    crosshair();
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
  let rest = 0;
  function say() {
    clearTimeout(rest);
    rest = setTimeout(() => {
      $("spoken").textContent = spoken(lab, cursor, values("f"));
    }, 700);
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

/** What the plot shows, in a sentence or two. */
function spoken(lab, cursor, values) {
  const beta = lab.state.get("beta");
  const points = swishLandmarks(beta).map(({ kind, x, value, slope }) =>
    t(
      kind === "minimum" || kind === "maximum" ? "explore.spoken_extreme" : "explore.spoken_slope",
      {
        what: t(`explore.landmark_${kind}`),
        x: compact(x, 4),
        value: compact(value, 4),
        slope: compact(slope, 4),
      },
    ),
  );
  const at = values.map(({ activation, value }) => `${activation.label} ${compact(value, 3)}`);
  return `${t("explore.spoken", { beta: short(beta, 4), points: points.join("; ") || t("explore.spoken_line") })} ${t("explore.spoken_at", { x: fixed(cursor, 2), values: at.join(", ") })}`;
}
