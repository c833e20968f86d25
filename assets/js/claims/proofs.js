/** Proofs, set by Gradio's own Markdown component, for it has the typesetter of LaTeX. */

import { escaped } from "../core/text.js";
import { provedWith } from "./claim_card.js";

/**
 * A reader of proofs. All of them are set at once, out of sight, when the first is asked for; what
 * is shown in a card is a copy, because the original belongs to Gradio.
 * @param {string} name The id of a hidden gr.Markdown, which asks its element's `proofs()`.
 * @param {() => void} ask Has the component ask.
 * @param {() => any[]} cards What there is to prove.
 */
export function proofReader(name, ask, cards) {
  const proved = () =>
    cards().flatMap((card) =>
      card.parts.filter((part) => part.proof).map((part) => [`${card.id}/${part.name}`, part]),
    );
  const written = () =>
    proved()
      .map(([, part]) => part.proof)
      .join("\n\n---\n\n");
  let asked = null;

  /** Waits until as many proofs stand there as were asked for. */
  function typeset() {
    const text = written();
    if (asked?.text === text) return asked.done;
    const markdown = document.getElementById(name);
    markdown.proofs = written;
    const count = proved().length;
    const done = new Promise((resolve) => {
      const look = () => {
        const found = sections(markdown);
        if (found.length !== count || !markdown.querySelector(".katex")) return;
        observer.disconnect();
        resolve(new Map(proved().map(([name], at) => [name, found[at]])));
      };
      const observer = new MutationObserver(() => requestAnimationFrame(look));
      observer.observe(markdown, { childList: true, subtree: true, characterData: true });
      ask();
      look();
    });
    asked = { text, done };
    return done;
  }

  return {
    /** The nodes of a card's proofs, each under its part's name where there are several. */
    async of(card) {
      const known = await typeset();
      const parts = card.parts.filter((part) => part.proof);
      return parts.map((part) => {
        const node = document.createElement("div");
        if (parts.length > 1) node.innerHTML = `<h3>${escaped(part.label)}</h3>`;
        node.append(...known.get(`${card.id}/${part.name}`).map((each) => each.cloneNode(true)));
        const made = document.createElement("p");
        made.className = "lab-note";
        made.textContent = provedWith(part);
        node.append(made);
        return node;
      });
    },
  };
}

/** The rendered Markdown, cut at its rules. */
function sections(markdown) {
  const first = markdown.querySelector("p");
  if (!first) return [];
  const found = [[]];
  for (const node of first.parentElement.children) {
    if (node.tagName === "HR") found.push([]);
    else found.at(-1).push(node);
  }
  return found;
}
