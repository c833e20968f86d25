/** What is plotted as a file: a picture at twice its size, or a table in full precision. */

import { download, pictureOf } from "./export.js";
import { PANEL } from "./panels.js";
import { toCsv, toTable } from "./sampling.js";
import { colour } from "./theme.js";

/**
 * @param {"png" | "svg" | "csv" | "json"} kind
 * @param {any} drawn What `curves.js` has drawn.
 * @param {any} lab
 */
export async function save(kind, drawn, lab) {
  if (kind === "png" || kind === "svg") return pictureOf(drawn.plot, kind, "swish-lab", { background: colour("@panel") });
  const named = lab.state.get("show").flatMap((panel) =>
    drawn.curvesOf(panel).map(({ activation, of }) => {
      const given = Object.entries(lab.values(activation)).map(([key, value]) => `${key}=${value}`).join("; ");
      return { name: `${PANEL[panel].title(lab)} ${activation.name}${given ? ` (${given})` : ""}`, of };
    }),
  );
  const table = toTable(named, lab.state.get("x"));
  if (kind === "csv") return download("swish-lab.csv", "text/csv", toCsv(table));
  const finite = (_, value) => (typeof value === "number" && !Number.isFinite(value) ? null : value);
  return download("swish-lab.json", "application/json", JSON.stringify({ link: location.href, ...table }, finite, 1));
}
