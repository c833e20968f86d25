/** Draws the interval behind a timing's answer: where it lies about 1 and the article's ratio. */

import { html } from "../core/dom.js";
import { t } from "../core/text.js";

/** An interval this many times as wide as it is low is drawn on a logarithmic scale. */
const WIDE = 8;
/** Beyond both ends of what is drawn. */
const ROOM = 1.12;

/**
 * @typedef {object} Interval
 * @property {number} low
 * @property {number} value
 * @property {number} high
 * @property {string} base What 1 is.
 * @property {number} article
 * @property {boolean} separates
 * @property {string} label
 * @property {string | null} doubt
 */

/** @param {Interval} interval */
export function intervalBar({ low, value, high, base, article, separates, label }) {
  const first = Math.min(low, 1) / ROOM;
  const last = Math.max(high, article) * ROOM;
  const scale = last / first > WIDE ? Math.log : (/** @type {number} */ each) => each;
  /** @param {number} each */
  const at = (each) =>
    `${((100 * (scale(each) - scale(first))) / (scale(last) - scale(first))).toFixed(2)}%`;
  /** @param {number} each */
  const ratio = (each) => `${each.toFixed(2)} ×`;
  return html`<div class="time-interval" role="img" aria-label="${label}"
      data-separates="${separates}">
    <div class="time-marks" aria-hidden="true">
      <span data-mark="base" style="left:${at(1)}">${base} 1</span>
      <span data-mark="article" style="left:${at(article)}">${t("time.ui.interval_article", {
        ratio: article,
      })}</span></div>
    <div class="time-track" aria-hidden="true">
      <i data-line="base" style="left:${at(1)}"></i>
      <i data-line="article" style="left:${at(article)}"></i>
      <b style="left:${at(low)};right:calc(100% - ${at(high)})"></b>
      <em style="left:${at(value)}"></em></div>
    <div class="time-marks" aria-hidden="true">
      <span data-end="low" style="left:${at(low)}">${ratio(low)}</span>
      <span data-end="high" style="left:${at(high)}">${ratio(high)}</span></div>
  </div>`;
}
