/** Zoom and pan of x: fingers on a phone, the wheel with Ctrl; the mouse's own box is Plotly's. */

/**
 * @param {HTMLElement} frame
 * @param {() => any} axis Plotly's x axis as drawn.
 * @param {() => number[]} range The ends of x.
 * @param {(range: number[]) => void} show Called with the ends wanted.
 */
export function gestures(frame, axis, range, show) {
  /** @type {Map<number, number>} Where each finger is, in pixels from the left of the axis. */
  const fingers = new Map();
  /** The x under each finger when the gesture began. */
  /** @type {number[]} */
  let held = [];
  /** @type {number[] | null} */
  let wanted = null;
  let frameAsked = false;

  /** @param {MouseEvent} event */
  const pixel = (event) => event.clientX - frame.getBoundingClientRect().left - axis()._offset;
  /** @param {number} at */
  const x = (at) => {
    const [low, high] = range();
    return low + ((high - low) * at) / axis()._length;
  };

  function grip() {
    held = [...fingers.values()].map(x);
  }

  function follow() {
    frameAsked = false;
    const at = [...fingers.values()];
    const length = axis()?._length;
    if (!at.length || !length) return;
    const [low, high] = range();
    let scale = (high - low) / length;
    if (at.length > 1 && Math.abs(at[1] - at[0]) > 8) scale = (held[1] - held[0]) / (at[1] - at[0]);
    if (!(scale > 0)) return;
    const start = held[0] - at[0] * scale;
    wanted = [start, start + scale * length];
    show(wanted);
  }

  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch" || !axis()) return;
    fingers.set(event.pointerId, pixel(event));
    if (fingers.size > 2) return;
    grip();
  });
  frame.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, pixel(event));
    if (frameAsked) return;
    frameAsked = true;
    requestAnimationFrame(follow);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    frame.addEventListener(name, (/** @type {any} */ event) => {
      if (!fingers.delete(event.pointerId)) return;
      if (wanted && !fingers.size) show(wanted);
      if (!fingers.size) wanted = null;
      else grip();
    });
  }
  // Plotly would draw its box for a finger.
  for (const name of ["touchstart", "touchmove"]) {
    frame.addEventListener(name, (event) => event.stopPropagation(), {
      capture: true,
      passive: true,
    });
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting;
  frame.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const [low, high] = range();
      const at = x(pixel(event));
      const factor = Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY / 300)));
      wanted = [at + (low - at) * factor, at + (high - at) * factor];
      show(wanted);
      clearTimeout(resting);
      resting = setTimeout(() => show(range()), 200);
    },
    { passive: false },
  );
}
