/** Sets the formulas of what is shown as mathematics. */

import { whenThere } from "../core/gradio.js";
import { t } from "../core/html.js";

/**
 * The card of formulas: a gr.Markdown, for Gradio sets LaTeX; asked anew when the choice changes.
 * @type {import("./lazy_cards.js").MakeCard}
 */
export function card(host, lab) {
  let there = false;
  whenThere("lab-formula").then((markdown) => {
    host.append(markdown);
    Object.assign(markdown, { formulas: () => formulas(lab.chosen()) }); // which Gradio's part asks
    there = true;
    lab.trigger("input");
  });
  return {
    update(what) {
      if (there && what === "shown") lab.trigger("input");
    },
  };
}

/** Markdown with the LaTeX of what is shown. @param {import("./lab.js").Activation[]} chosen */
function formulas(chosen) {
  return chosen
    .map((each) => {
      const link = each.source?.match(/https?:\/\/\S+/)?.[0];
      const head = link
        ? `**${each.label}** · [${each.year}](${link})`
        : `**${t("explore.typed")}**`;
      return `${head}\n\n$$f(x) = ${each.latex}$$\n\n$$f'(x) = ${each.latexDerivative}$$`;
    })
    .join("\n\n");
}
