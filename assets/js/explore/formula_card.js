/** The formulas of what is shown, set as mathematics. */

import { whenThere } from "../core/handover.js";
import { t } from "../core/text.js";

/** The card of formulas: a gr.Markdown, for Gradio sets LaTeX; asked anew when the choice changes. */
export function card(host, lab) {
  let there = false;
  whenThere("lab-formula").then((markdown) => {
    host.append(markdown);
    markdown.formulas = () => formulas(lab.chosen());
    there = true;
    lab.trigger("input");
  });
  return { update: (what) => there && what === "shown" && lab.trigger("input") };
}

/** Markdown with the LaTeX of what is shown. */
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
