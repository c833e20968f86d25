/** Points of a curve: evenly spaced, with both one-sided values at a break and no line across it. */

const POINTS = 401;

/**
 * @param {{breaks: number[] | ((p: object) => number[])}} activation
 * @param {(x: number) => number} f
 * @param {object} parameters
 * @param {{low: number, high: number}} range
 * @returns {{x: (number | null)[], y: (number | null)[]}}
 */
export function sample(activation, f, parameters, { low, high }) {
  const x = [];
  const y = [];
  const breaks = (typeof activation.breaks === "function" ? activation.breaks(parameters) : activation.breaks)
    .filter((at) => at > low && at < high)
    .sort((a, b) => a - b);
  let next = 0;
  const add = (at, value) => {
    x.push(at);
    y.push(Number.isFinite(value) ? value : null);
  };
  for (let index = 0; index < POINTS; index++) {
    const at = low + ((high - low) * index) / (POINTS - 1);
    while (next < breaks.length && breaks[next] <= at) {
      const edge = breaks[next++];
      const off = 1e-9 * Math.max(1, Math.abs(edge));
      const left = f(edge - off);
      const right = f(edge + off);
      add(edge, left);
      if (Math.abs(left - right) > 1e-6) {
        x.push(edge);
        y.push(null);
      }
      add(edge, right);
    }
    if (!breaks.includes(at)) add(at, f(at));
  }
  return { x, y };
}

/**
 * What is plotted, as CSV: x, then f and f′ of each activation.
 * @param {{activation: any, parameters: object}[]} shown
 * @param {{low: number, high: number}} range
 */
export function toCsv(shown, { low, high }) {
  const head = ["x", ...shown.flatMap(({ activation: { name }, parameters }) => {
    const given = Object.entries(parameters).map(([key, value]) => `${key}=${value}`).join(";");
    const label = given ? `${name}(${given})` : name;
    return [label, `${label}'`];
  })];
  const lines = [head.join(",")];
  for (let index = 0; index < POINTS; index++) {
    const x = low + ((high - low) * index) / (POINTS - 1);
    lines.push([x, ...shown.flatMap(({ activation, parameters }) => [activation.f(x, parameters), activation.df(x, parameters)])].join(","));
  }
  return lines.join("\n") + "\n";
}
