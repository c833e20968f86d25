/**
 * Writes the page's foot: what this is, whence it comes, how to cite it, what is kept of a visitor.
 */

import { fill, find, html, t } from "./html.js";
import { ask } from "./server.js";

/** @param {import("./gradio.js").Component} component */
export function mount({ element, props }) {
  /** @param {string} href @param {string} text */
  const link = (href, text) => html`<a href="${href}" target="_blank" rel="noopener">${text}</a>`;
  const bibtex = `@software{swish_lab,
  title   = {Swish Lab},
  version = {${props.version}},
  year    = {2026},
  license = {MIT}
}`;
  /** @param {string} why */
  const told = (why) => html`<p style="margin-top:6px" class="lab-mid">${why}</p>`;
  fill(
    element,
    html`
    <div class="lab lab-footer">
      <div><p>${t("shell.about")}</p>
        <p style="margin-top:6px">${link("http://www.kler.cn/a/542810.html", t("shell.article"))} ·
        ${link("https://arxiv.org/abs/1710.05941", t("shell.paper"))} ·
        <a href="docs" target="_blank">REST</a></p></div>
      <div><p>${t("shell.kept", { days: props.days })}</p>
        <div data-unkept>${props.unkept && told(t(props.unkept))}</div></div>
      <div><p>${t("shell.teach")} <a href="?beta=0">β = 0</a> · <a href="?beta=-1">β = −1</a> ·
        <a href="?beta=10&act=relu">β = 10</a> ·
        <a href="?act=gelu,gelu_tanh,quick_gelu">${t("shell.rivals")}</a> ·
        <a href="?tab=claims">${t("shell.tab_claims")}</a> ·
        <a href="?card=formula&act=relu&present=1">${t("lecture.title")}</a></p>
        <p style="margin-top:6px"><button class="lab-btn" data-explain
          title="${t("glossary.open_tip")}">${t("glossary.open")}</button> Alt + /</p></div>
      <div><details><summary>${t("shell.cite")}</summary><pre>${bibtex}</pre></details>
        <p style="margin-top:6px">${t("shell.licences", { version: props.version })}</p></div>
    </div>`,
  );
  find(element, "[data-explain]").addEventListener("click", async () => {
    const { enter } = await import("../glossary/glossary.js");
    enter();
  });
  if (!props.archived) return;
  const show = (/** @type {{unkept: string | null}} */ { unkept }) =>
    fill(find(element, "[data-unkept]"), unkept ? told(unkept) : html``);
  ask("health").then(show, () => {});
}
