/**
 * Says in which language the page is, and holds its sentences: those of that language alone.
 *
 * It runs before Gradio, which follows `navigator.language` and `?__theme=`: both say what the
 * reader chose, here or at an earlier visit.
 */

import { languages } from "../../languages.js";
import { keep, kept } from "./storage.js";

/** @typedef {{tag: string, name: string, short: string}} Language Its tag for browsers: zh-CN. */

/** @param {string | null} name @returns {name is string} */
const isLanguage = (name) => name !== null && Object.hasOwn(languages, name);

/** @type {Record<string, string>} Language → its tag for browsers: zh → zh-CN. */
export const TAGS = Object.fromEntries(
  Object.entries(languages).map(([name, { tag }]) => [name, tag]),
);
export { languages };

const url = new URL(location.href);
const wanted = url.searchParams.get("lang");
if (isLanguage(wanted)) keep("language", wanted);
const [chosen, theme] = [kept("language"), kept("theme")];
const [liked] = navigator.language.toLowerCase().split("-");

/** The page's language, one of TAGS. */
export const language = isLanguage(chosen) ? chosen : isLanguage(liked) ? liked : "en";

if (isLanguage(chosen)) {
  Object.defineProperty(navigator, "language", { get: () => TAGS[language] });
  Object.defineProperty(navigator, "languages", { get: () => [TAGS[language]] });
}
if (!url.searchParams.has("__theme") && (theme === "light" || theme === "dark")) {
  url.searchParams.set("__theme", theme);
  history.replaceState(history.state, "", url);
}

/** @type {Record<string, string>} The sentences by their keys; empty until `spoken`. */
export let entries = {};

/** Resolved once the sentences are there: what says any is imported after that. */
export const spoken = import(`../../catalogue/${language}.js`).then((catalogue) => {
  entries = catalogue.entries;
});
