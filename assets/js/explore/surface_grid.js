/** Computes Swish over x and β at the nodes of a grid, and the lines on which they are equal. */

/**
 * @typedef {object} Grid
 * @property {Float64Array} values Row after row, the highest β first.
 * @property {number} columns
 * @property {number} rows
 * @property {number} low The least value.
 * @property {number} high The greatest value.
 */

/**
 * @param {(x: number, beta: number) => number} f
 * @param {number[]} range The ends of x, at the first and the last column.
 * @param {{low: number, high: number, toBeta: (at: number) => number}} scale Of β.
 * @param {number} columns
 * @param {number} rows
 * @returns {Grid}
 */
export function gridOf(f, [from, to], scale, columns, rows) {
  const values = new Float64Array(columns * rows);
  let [low, high] = [Infinity, -Infinity];
  for (let row = 0; row < rows; row++) {
    const beta = scale.toBeta(scale.high - ((scale.high - scale.low) * row) / (rows - 1));
    for (let column = 0; column < columns; column++) {
      const value = f(from + ((to - from) * column) / (columns - 1), beta);
      values[row * columns + column] = value;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return { values, columns, rows, low, high };
}

const LEVELS = {
  f: [
    0,
    ...[0.1, 0.2, 0.5].flatMap((size) => [1, 10, 100, 1000].map((power) => size * power)),
  ].flatMap((size) => [size, -size]),
  df: [-0.05, 0, 0.25, 0.5, 0.75, 1, 1.05],
};

/** The values at which a surface is cut. @param {"f" | "df"} of @param {Grid} grid */
export function levelsOf(of, { low, high }) {
  const inside = [...new Set(LEVELS[of])].filter(
    (level) => level > low && level < high && !Object.is(level, -0),
  );
  return inside.sort((a, b) => a - b);
}

/**
 * The line of a level as segments, by marching squares: [x1, y1, x2, y2] in columns and rows.
 * @param {Grid} grid @param {number} level
 */
export function contour({ values, columns, rows }, level) {
  const segments = [];
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      // The corners, clockwise from the upper left.
      const a = values[at] - level;
      const b = values[at + 1] - level;
      const c = values[at + columns + 1] - level;
      const d = values[at + columns] - level;
      const signs = [a, b, c, d].filter((corner) => corner > 0).length;
      if (signs === 0 || signs === 4) continue;
      const crossed = [];
      if (a > 0 !== b > 0) crossed.push(column + a / (a - b), row);
      if (b > 0 !== c > 0) crossed.push(column + 1, row + b / (b - c));
      if (c > 0 !== d > 0) crossed.push(column + d / (d - c), row + 1);
      if (d > 0 !== a > 0) crossed.push(column, row + a / (a - d));
      for (let each = 0; each + 3 < crossed.length; each += 4)
        segments.push(crossed.slice(each, each + 4));
    }
  }
  return segments;
}
