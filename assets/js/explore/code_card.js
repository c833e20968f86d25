/** Shows an activation as code to take along, written by the server from its definition. */

import { choices } from "../core/controls.js";
import { fill, find, html, t } from "../core/html.js";
import * as server from "../core/server.js";

/** @type {Record<string, string>} */
const LANGUAGES = {
  pytorch: "PyTorch",
  jax: "JAX",
  numpy: "NumPy",
  javascript: "JavaScript",
  latex: "LaTeX",
};
/** Milliseconds without a change after which the server is asked. */
const REST = 250;

/** @type {import("./lazy_cards.js").MakeCard} */
export function card(host, lab) {
  const { state } = lab;
  host.classList.add("code-card");
  fill(host, skeleton());
  const select = find(host, "select", HTMLSelectElement);
  const box = find(host, "input", HTMLInputElement);
  const copy = find(host, "[data-copy]", HTMLButtonElement);
  const [block, pre, error, status] = ["code", "pre", ".lab-error", ".lab-unseen"].map((each) =>
    find(host, each),
  );
  const pressLanguage = choices(host, state, "language", "code");
  let shown = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting;
  let newest = 0;

  const chosen = () => lab.shownBy("code_of");

  function controls() {
    pressLanguage();
    lab.offerChosen(select, chosen());
    box.checked = state.get("trainable") === "on";
    box.closest("label")?.toggleAttribute("hidden", state.get("code") !== "pytorch");
    box.disabled = !chosen().parameters.length;
    pre.setAttribute(
      "aria-label",
      t("code.label", { name: chosen().label, language: LANGUAGES[state.get("code")] }),
    );
  }

  /** Asks once all is at rest; an answer to an older question is dropped. */
  function ask(rest = REST) {
    clearTimeout(resting);
    resting = setTimeout(async () => {
      const number = ++newest;
      const [record, language] = [chosen(), state.get("code")];
      const given = {
        activation: record.name,
        parameters: lab.values(record),
        language,
        trainable: state.get("trainable") === "on",
      };
      const answer = await server
        .ask("code", { given })
        .catch(() => ({ error: t("code.unreachable") }));
      if (number !== newest) return;
      error.textContent = answer.error ?? "";
      // What is not of this moment must not be copied.
      shown = answer.code ?? "";
      fill(block, coloured(shown, language));
      copy.disabled = !shown;
    }, rest);
  }

  select.addEventListener("change", () => state.set({ code_of: select.value }));
  box.addEventListener("change", () => state.set({ trainable: box.checked ? "on" : "off" }));
  copy.addEventListener("click", async () => {
    // Without https there is no clipboard.
    const done = await (navigator.clipboard?.writeText(shown) ?? Promise.reject()).then(
      () => true,
      () => false,
    );
    copy.textContent = done ? `✓ ${t("code.copied")}` : t("code.copy");
    status.textContent = done ? t("code.copied") : "";
    error.textContent = done ? "" : t("code.not_copied");
    if (!done) getSelection()?.selectAllChildren(block);
    setTimeout(() => {
      copy.textContent = t("code.copy");
    }, 1600);
  });
  state.subscribe(["code", "code_of", "trainable"], () => {
    controls();
    ask();
  });

  return {
    follows: "rest",
    update(what) {
      if (what === "shown") controls();
      if (what === "shown") ask();
      else if (chosen() === lab.swish) ask(0);
    },
  };
}

const PYTHON_WORDS = "import|from|as|def|class|return|if|else|self|super|True|False|None";
const SCRIPT_WORDS = "export|function|const|let|return|for";
const NUMBER = String.raw`\b(\d[\d.e+-]*(?<=[\d.]))`;

/** In this order what a pattern's groups are. */
const KINDS = ["note", "text", "word", "number"];
const PYTHON = new RegExp(
  String.raw`("""[\s\S]*?"""|#.*)|("[^"\n]*")|\b(${PYTHON_WORDS})\b|${NUMBER}`,
  "g",
);
const SCRIPT = new RegExp(
  String.raw`(\/\*[\s\S]*?\*\/|\/\/.*)|("[^"\n]*")|\b(${SCRIPT_WORDS})\b|${NUMBER}`,
  "g",
);
const TEX = /(^%.*$)|(\{[a-z*]+\})|(\\[A-Za-z]+)|\b(\d[\d.]*)/gm;
/** @type {Record<string, RegExp>} */
const PATTERNS = { javascript: SCRIPT, latex: TEX };

/**
 * The code as HTML, its comments, texts, words and numbers marked.
 * @param {string} text @param {string} language
 */
function coloured(text, language) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(PATTERNS[language] ?? PYTHON)) {
    const kind = KINDS[match.slice(1).findIndex((each) => each !== undefined)];
    parts.push(text.slice(from, match.index), html`<span class="code-${kind}">${match[0]}</span>`);
    from = match.index + match[0].length;
  }
  return html`${[...parts, text.slice(from)]}`;
}

function skeleton() {
  /** @param {string} key */
  const h = (key) => t(`code.${key}`);
  const languages = Object.entries(LANGUAGES).map(
    ([key, language]) =>
      html`<button data-language="${key}"
        title="${t("code.tip", { language })}">${language}</button>`,
  );
  return html`
    <div class="lab-row lab-between">
      <span class="lab-seg" role="group" aria-label="${h("language")}">${languages}</span>
      <span class="lab-row code-choice">
        <select class="lab-field" aria-label="${h("of")}" title="${h("tip_of")}"></select>
        <label class="code-trainable" title="${h("tip_trainable")}"
          ><input type="checkbox"> ${h("trainable")}</label>
        <button class="lab-btn" data-copy title="${h("tip_copy")}">${h("copy")}</button></span>
    </div>
    <pre class="code-block" tabindex="0" role="region"><code></code></pre>
    <p class="lab-error" role="alert"></p><p class="lab-unseen" aria-live="polite"></p>`;
}
