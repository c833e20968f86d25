/**
 * Who is reading: the language and the theme that they chose, here or at an earlier visit. It runs
 * before Gradio, which follows `navigator.language` and `?__theme=`.
 *
 * Each request of the page tells the server the language; and, where cookies are denied, a name by
 * which it knows the visitor.
 */

import { entries } from "../../catalogue.js";
import { keep, keepsCookies, kept } from "./storage.js";

/** @type {Record<string, string>} Language → its tag for browsers: zh → zh-CN. */
export const TAGS = entries["language.tag"];
const known = (name) => Object.hasOwn(TAGS, name);
const url = new URL(location.href);
const asked = url.searchParams.get("lang");
if (known(asked)) keep("language", asked);
const [chosen, theme] = [kept("language"), kept("theme")];

const [liked] = navigator.language.toLowerCase().split("-");

/** The page's language, one of TAGS. */
export const language = known(chosen) ? chosen : known(liked) ? liked : "en";

if (known(chosen)) {
  Object.defineProperty(navigator, "language", { get: () => TAGS[language] });
  Object.defineProperty(navigator, "languages", { get: () => [TAGS[language]] });
}
if (!url.searchParams.has("__theme") && (theme === "light" || theme === "dark")) {
  url.searchParams.set("__theme", theme);
  history.replaceState(history.state, "", url);
}

const told = { "Accept-Language": TAGS[language] };
if (!keepsCookies()) {
  if (!kept("visitor"))
    keep(
      "visitor",
      [...crypto.getRandomValues(new Uint8Array(24))]
        .map((byte) => byte.toString(16).padStart(2, "0"))
        .join(""),
    );
  told["X-Visitor"] = kept("visitor");
}

const ask = window.fetch;
window.fetch = (address, options = {}) => {
  const target = new URL(address instanceof Request ? address.url : address, document.baseURI);
  if (target.origin !== location.origin) return ask(address, options);
  const headers = new Headers(
    options.headers ?? (address instanceof Request ? address.headers : {}),
  );
  for (const [name, value] of Object.entries(told)) headers.set(name, value);
  return ask(address, { ...options, headers });
};
