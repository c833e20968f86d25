/** Switches light and dark, and resolves the colours that plots take from the style sheet. */

import { activations } from "../generated/activations.js";
import { keep } from "./storage.js";
import "./server.js"; // sets the theme that the address names

/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {boolean} */
export function isDark() {
  return document.body.classList.contains("dark");
}

/** Switches the theme, keeps it for the next visit and in the address. */
export function toggleTheme() {
  const theme = isDark() ? "light" : "dark";
  document.body.classList.toggle("dark", theme === "dark");
  keep("theme", theme);
  const url = new URL(location.href);
  url.searchParams.set("__theme", theme);
  history.replaceState(history.state, "", url);
}

/**
 * Calls back after each change of theme, by our button or the system's.
 * @param {() => void} listener
 */
export function onTheme(listener) {
  listeners.add(listener);
}

// Gradio does the same, but later: what is drawn before it has its colours from the start.
const wanted = new URLSearchParams(location.search).get("__theme");
const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
document.body.classList.toggle(
  "dark",
  (wanted === "dark" || wanted === "light" ? wanted : system) === "dark",
);

// The page's own scroll bar is the root's, whose theme Gradio does not set.
const { dataset } = document.documentElement;
dataset.theme = isDark() ? "dark" : "light";
new MutationObserver(() => {
  const theme = isDark() ? "dark" : "light";
  if (dataset.theme === theme) return;
  dataset.theme = theme;
  for (const listener of listeners) listener();
}).observe(document.body, { attributes: true, attributeFilter: ["class"] });

let paper = false;
/**
 * What is made with the colours of paper, which is light, whatever the theme.
 * @template T @param {() => T} make
 */
export function onPaper(make) {
  paper = true;
  try {
    return make();
  } finally {
    paper = false;
  }
}

/**
 * The colour of a token: "@name" is the style sheet's --lab-name, "@act-gelu" an activation's own;
 * "/0.2" behind it makes it transparent, "+0.2" brings it nearer to the text's colour. What is none
 * is a colour already.
 * @param {string} token
 * @returns {string}
 */
export function colour(token) {
  if (!token.startsWith("@")) return token;
  if (token.startsWith("@act-=")) return colour("@typed"); // a formula may hold a "/"
  const [name, alpha, nearer] =
    /^([^/+]+)(?:\/(.+))?(?:\+(.+))?$/.exec(token.slice(1))?.slice(1) ?? [];
  const base = name.startsWith("act-")
    ? activationColour(name.slice(4))
    : getComputedStyle(paper ? document.documentElement : document.body)
        .getPropertyValue(`--lab-${name}`)
        .trim();
  if (nearer !== undefined) {
    const text = channels(colour("@text"));
    const mixed = channels(base).map((part, at) => part + Number(nearer) * (text[at] - part));
    return `rgb(${mixed.map(Math.round)})`;
  }
  return alpha === undefined ? base : `rgba(${channels(base)},${alpha})`;
}

/** Red, green and blue of a colour such as "#c2410c". @param {string} hex */
export const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** @param {string} name */
export function activationColour(name) {
  if (name.startsWith("=")) return colour("@typed");
  const record = activations.find((activation) => activation.name === name);
  if (!record) return colour("@muted");
  return isDark() && !paper ? record.colourDark : record.colour;
}

/**
 * A copy of a figure (or any part of one) with every colour token resolved.
 * @param {any} value @returns {any}
 */
export function resolve(value) {
  if (typeof value === "string") return value.startsWith("@") ? colour(value) : value;
  if (Array.isArray(value)) {
    // Long lists of numbers are left alone; a stop of a colour scale begins with one.
    return typeof value[0] === "number" && typeof value.at(-1) === "number"
      ? value
      : value.map(resolve);
  }
  if (value && typeof value === "object" && !ArrayBuffer.isView(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, resolve(part)]));
  }
  return value;
}
