/** An activation as code to take along, written by the server from its definition. */

import * as server from "../core/server.js";
import { escaped, t } from "../core/text.js";

const LANGUAGES = {
  pytorch: "PyTorch",
  jax: "JAX",
  numpy: "NumPy",
  javascript: "JavaScript",
  latex: "LaTeX",
};
/** Milliseconds without a change after which the server is asked. */
const REST = 250;

/** @param {HTMLElement} host @param {any} lab */
export function card(host, lab) {
  const { state } = lab;
  host.classList.add("code-card");
  host.innerHTML = `
    <div class="lab-row lab-between">
      <span class="lab-seg" role="group" aria-label="${escaped(t("code.language"))}">${Object.entries(
        LANGUAGES,
      )
        .map(
          ([key, language]) =>
            `<button data-language="${key}" title="${escaped(t("code.tip", { language }))}">${language}</button>`,
        )
        .join("")}</span>
      <span class="lab-row code-choice">
        <select class="lab-field" aria-label="${escaped(t("code.of"))}" title="${escaped(t("code.tip_of"))}"></select>
        <label class="code-trainable" title="${escaped(t("code.tip_trainable"))}"><input type="checkbox"> ${escaped(t("code.trainable"))}</label>
        <button class="lab-btn" data-copy title="${escaped(t("code.tip_copy"))}">${escaped(t("code.copy"))}</button></span>
    </div>
    <pre class="code-block" tabindex="0" role="region"><code></code></pre>
    <p class="lab-error" role="alert"></p><p class="lab-unseen" aria-live="polite"></p>`;
  const [select, box, block, pre, copy, error, spoken] = [
    "select",
    "input",
    "code",
    "pre",
    "[data-copy]",
    ".lab-error",
    ".lab-unseen",
  ].map((each) => host.querySelector(each));
  let shown = "";
  let resting = 0;
  let asked = 0;

  const chosen = () => {
    const all = lab.chosen();
    return all.find((record) => lab.keyOf(record) === state.get("code_of")) ?? all[0];
  };

  function controls() {
    for (const button of host.querySelectorAll("[data-language]")) {
      button.setAttribute("aria-pressed", String(button.dataset.language === state.get("code")));
    }
    const options = lab
      .chosen()
      .map(
        (record) =>
          `<option value="${escaped(lab.keyOf(record))}">${escaped(record.label)}</option>`,
      )
      .join("");
    if (select.dataset.html !== options) select.innerHTML = select.dataset.html = options;
    select.value = lab.keyOf(chosen());
    box.checked = state.get("trainable") === "on";
    box.closest("label").hidden = state.get("code") !== "pytorch";
    box.disabled = !chosen().parameters.length;
    pre.setAttribute(
      "aria-label",
      t("code.label", { name: chosen().label, language: LANGUAGES[state.get("code")] }),
    );
  }

  /** Asks once all is at rest; an answer to an older question is dropped. */
  function ask() {
    clearTimeout(resting);
    resting = setTimeout(async () => {
      const number = ++asked;
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
      if (number !== asked) return;
      error.textContent = answer.error ?? "";
      // What is not of this moment must not be copied.
      shown = answer.code ?? "";
      block.innerHTML = coloured(shown, language);
      copy.disabled = !shown;
    }, REST);
  }

  host.addEventListener("click", ({ target }) => {
    const { language } = target.dataset;
    if (language) state.set({ code: language });
  });
  select.addEventListener("change", () => state.set({ code_of: select.value }));
  box.addEventListener("change", () => state.set({ trainable: box.checked ? "on" : "off" }));
  copy.addEventListener("click", async () => {
    // Without https there is no clipboard.
    const done = await (navigator.clipboard?.writeText(shown) ?? Promise.reject()).then(
      () => true,
      () => false,
    );
    copy.textContent = done ? `✓ ${t("code.copied")}` : t("code.copy");
    spoken.textContent = done ? t("code.copied") : "";
    error.textContent = done ? "" : t("code.not_copied");
    if (!done) getSelection().selectAllChildren(block);
    setTimeout(() => {
      copy.textContent = t("code.copy");
    }, 1600);
  });
  state.subscribe((changed) => {
    if (!["code", "code_of", "trainable"].some((name) => changed.has(name))) return;
    controls();
    ask();
  });

  return {
    prompt: true,
    update(what) {
      if (what === "shown") controls();
      if (what === "shown" || chosen() === lab.swish) ask();
    },
  };
}

const PYTHON = [
  /("""[\s\S]*?"""|#.*)|("[^"\n]*")|\b(import|from|as|def|class|return|if|else|self|super|True|False|None)\b|\b(\d[\d.e+-]*(?<=[\d.]))/g,
  ["note", "text", "word", "number"],
];
const SCRIPT = [
  /(\/\*[\s\S]*?\*\/|\/\/.*)|("[^"\n]*")|\b(export|function|const|let|return|for)\b|\b(\d[\d.e+-]*(?<=[\d.]))/g,
  ["note", "text", "word", "number"],
];
const TEX = [
  /(^%.*$)|(\{[a-z*]+\})|(\\[A-Za-z]+)|\b(\d[\d.]*)/gm,
  ["note", "text", "word", "number"],
];

/** The code as HTML, its comments, texts, words and numbers marked. */
function coloured(text, language) {
  const [pattern, kinds] = { javascript: SCRIPT, latex: TEX }[language] ?? PYTHON;
  let html = "";
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const kind = kinds[match.slice(1).findIndex((each) => each !== undefined)];
    html += `${escaped(text.slice(from, match.index))}<span class="code-${kind}">${escaped(match[0])}</span>`;
    from = match.index + match[0].length;
  }
  return html + escaped(text.slice(from));
}
