/** Typesets proofs by Gradio's own Markdown component, for it has the typesetter of LaTeX. */

import { fill, html } from "../core/html.js";
import { provedWith } from "./claim_card.js";

/**
 * A reader of proofs. All of them are set at once, out of sight, when the first is asked for; what
 * is shown in a card is a copy, because the original belongs to Gradio.
 * @param {string} name The id of a hidden gr.Markdown, which asks its element's `proofs()`.
 * @param {() => void} ask Has the component ask.
 * @param {() => import("./claim_card.js").Card[]} cards What there is to prove.
 */
export function proofReader(name, ask, cards) {
  const proved = () =>
    cards().flatMap(({ id, parts }) =>
      parts.filter((part) => part.proof).map((part) => ({ key: `${id}/${part.name}`, ...part })),
    );
  const written = () =>
    proved()
      .map(({ proof }) => proof)
      .join("\n\n---\n\n");
  /** @type {{text: string, done: Promise<Map<string, Element[]>>} | null} */
  let last = null;

  /** Waits until as many proofs stand there as were asked for. */
  function typeset() {
    const text = written();
    if (last?.text === text) return last.done;
    const markdown = /** @type {HTMLElement} */ (document.getElementById(name));
    Object.assign(markdown, { proofs: written });
    const all = proved();
    /** @type {Promise<Map<string, Element[]>>} */
    const done = new Promise((resolve) => {
      const look = () => {
        const found = sections(markdown);
        if (found.length !== all.length || !markdown.querySelector(".katex")) return;
        observer.disconnect();
        resolve(new Map(all.map(({ key }, at) => [key, found[at]])));
      };
      const observer = new MutationObserver(() => requestAnimationFrame(look));
      observer.observe(markdown, { childList: true, subtree: true, characterData: true });
      ask();
      look();
    });
    last = { text, done };
    return done;
  }

  return {
    /**
     * The nodes of a card's proofs, each under its part's name where there are several.
     * @param {import("./claim_card.js").Card} card
     */
    async of(card) {
      const known = await typeset();
      const parts = card.parts.filter((part) => part.proof);
      return parts.map((part) => {
        const node = document.createElement("div");
        if (parts.length > 1) fill(node, html`<h4>${part.label}</h4>`);
        const proof = known.get(`${card.id}/${part.name}`) ?? [];
        node.append(...proof.map((each) => each.cloneNode(true)));
        const made = document.createElement("p");
        made.className = "lab-note";
        made.textContent = provedWith(part);
        node.append(made);
        return node;
      });
    },
  };
}

/** The rendered Markdown, cut at its rules. @param {HTMLElement} markdown */
function sections(markdown) {
  const text = markdown.querySelector("p")?.parentElement;
  if (!text) return [];
  /** @type {Element[][]} */
  const found = [[]];
  for (const node of text.children) {
    if (node.tagName === "HR") found.push([]);
    else found[found.length - 1].push(node);
  }
  return found;
}
