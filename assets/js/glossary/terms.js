/** Lists the terms of the glossary, each with its picture; their words stand in the catalogue. */

import { bars, boxes, courses, curves, ranges, squares } from "./pictures.js";

/** @typedef {import("../core/dom.js").Html} Html */

/** @param {number} x */
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
/** @param {number} x @param {number} [beta] */
const swish = (x, beta = 1) => x * sigmoid(beta * x);
/** @param {number} x */
const slope = (x) => sigmoid(x) * (1 + x * sigmoid(-x));
/** @param {number} x */
const bend = (x) => sigmoid(x) * sigmoid(-x) * (2 - x * Math.tanh(x / 2));
/** @param {number} x */
const bell = (x) => Math.exp((-x * x) / 2);
/** @param {number} x */
const relu = (x) => Math.max(0, x);

/** @type {{x: [number, number], y: [number, number]}} */
const WIDE = { x: [-5, 3], y: [-0.6, 2.5] };
/** @type {{x: [number, number], y: [number, number]}} */
const NARROW = { x: [-6, 6], y: [-0.25, 1.2] };
const MINIMUM = -1.2785;
const INFLECTION = 2.3994;

const FALLING = [1, 0.6, 0.38, 0.25, 0.18, 0.14, 0.12];
const MEETING = [
  [1, 0.85, 0.7, 0.6, 0.56, 0.55, 0.55],
  [0.1, 0.25, 0.4, 0.5, 0.54, 0.55, 0.55],
];
const APART = [
  [0.9, 0.9, 0.9, 0.9],
  [0.5, 0.5, 0.5, 0.5],
  [0.15, 0.15, 0.15, 0.15],
];
const NOISY = [0.9, 0.6, 0.7, 0.42, 0.5, 0.3, 0.34];

/** @type {Record<string, () => Html>} */
export const TERMS = {
  function: () => curves([swish], WIDE),
  slope: () => curves([slope], NARROW),
  curvature: () =>
    curves([bend], { ...NARROW, y: [-0.15, 0.55], marks: [INFLECTION, -INFLECTION] }),
  parameter: () => curves([(x) => swish(x, 2), (x) => swish(x, 0.6)], WIDE),
  landmark: () => curves([swish], { ...WIDE, marks: [MINIMUM, 0] }),
  variance: () => curves([bell, (x) => bell(x / 2.5)], { x: [-6, 6], y: [0, 1.1] }),
  gain: () => courses([[0.5, 0.5, 0.5, 0.5, 0.5], FALLING.map((value) => value / 2)]),
  fixed_point: () => courses(MEETING),
  pre_activation: () => boxes(["Σ", "z", "f"], [1]),
  ulp: () => squares(9, 1, (at) => at === 4),

  beta: () => curves([(x) => swish(x, 4), (x) => swish(x, 0.4)], WIDE),
  softplus: () => curves([(x) => Math.log1p(Math.exp(x)), relu], { x: [-4, 4], y: [-0.4, 4] }),
  weight_decay: () => courses([FALLING]),
  beta_rate: () => courses([FALLING, [1, 0.97, 0.94, 0.91, 0.88, 0.85, 0.82]]),
  learning_rate: () =>
    curves([(x) => x * x], { x: [-2, 2], y: [-0.3, 4], marks: [-1.7, -0.9, -0.3] }),
  schedule: () => courses([[0, 0.5, 0.95, 0.95, 0.8, 0.45, 0.1]]),
  seed: () => courses([FALLING, NOISY, FALLING.map((value) => value * 0.9)]),
  rival: () => curves([swish, relu], WIDE),
  momentum: () => courses([FALLING, [1, 0.35, 0.75, 0.3, 0.5, 0.2, 0.3]]),
  batch: () => squares(9, 3, (at) => at % 3 === 1 && at < 18),
  dropout: () => squares(8, 2, (at) => ![1, 6, 11, 12].includes(at)),
  normalisation: () =>
    curves([bell, (x) => 0.7 * bell((x - 3.4) / 1.6)], { x: [-6, 6], y: [0, 1.1] }),
  initial_weights: () => curves([bell], { x: [-4, 4], y: [0, 1.1] }),
  optimiser: () => curves([(x) => x * x], { x: [-2, 2], y: [-0.3, 4], marks: [-1.6, 0] }),
  mixed_precision: () => boxes(["32", "16", "32"], [1]),
  convergence: () => courses(MEETING),
  conserved: () => courses(APART),
  effective: () => curves([(x) => swish(x, 1.2)], { x: [-1.5, 1.5], y: [-0.5, 1.5] }),
  band: () => courses([[0.1, 0.3, 0.45, 0.55, 0.58, 0.6]], [0.45, 0.72]),
  loss: () => courses([FALLING]),
  accuracy: () => squares(10, 3, (at) => at < 27),
  r2: () => bars([[1, 0.85]]),
  deviation: () => ranges([[0.3, 0.5, 0.7]]),
  dead_unit: () => curves([relu], { x: [-3, 1.5], y: [-0.4, 1.5], marks: [-2.4, -1.6, -0.9] }),
  diverged: () => courses([[0.2, 0.18, 0.2, 0.3, 0.55, 1]]),

  step: () => curves([(x) => x * x], { x: [-2, 2], y: [-0.3, 4], marks: [-1.5, -0.8] }),
  layer: () => boxes(["x", "1", "2", "y"], [1, 2]),
  replica: () => squares(6, 2, () => true),
  inside: () => squares(11, 5, (at) => (at % 11) + Math.floor(at / 11) < 7),
  smoothing: () => courses([FALLING, NOISY]),

  memory: () =>
    bars([
      [0.9, 0.5],
      [0.6, 0.25],
    ]),
  implementation: () => boxes(["A", "B", "C"], [0, 1, 2]),
  dtype: () =>
    bars([
      [1, 0.75],
      [0.5, 0.34],
      [0.5, 0.25],
    ]),
  host: () => boxes(["CPU", "RAM"], [0]),
  ratio: () =>
    bars(
      [
        [0.6, 0.6],
        [0.69, 0.69],
      ],
      0.6,
    ),
  kernel: () => boxes(["W", "f", "W"], [1]),
  pass: () => boxes(["x", "f", "∇"], [1, 2]),
  elements: () => squares(12, 4, () => true),
  median: () => ranges([[0.3, 0.42, 0.68]]),
  interval: () =>
    ranges(
      [
        [0.2, 0.45, 0.7],
        [0.6, 0.72, 0.84],
      ],
      0.4,
    ),
  memory_limit: () =>
    bars(
      [
        [1, 0.9],
        [1, 0.45],
      ],
      1,
    ),
  allocator: () => squares(8, 3, (at) => at % 8 < 5),

  depends: () => squares(2, 1, (at) => at === 0),
  undecided: () => ranges([[0.1, 0.5, 0.9]], 0.45),
  imprecise: () => ranges([[0.48, 0.52, 0.56]], 0.44),
  refuted: () => ranges([[0.7, 0.8, 0.9]], 0.3),
};
