/** The page's foot: what this is, whence it comes, how to cite it, what is kept of a visitor. */

import { escaped, t } from "./text.js";

export function mount({ element, props }) {
  const link = (href, text) =>
    `<a href="${href}" target="_blank" rel="noopener">${escaped(text)}</a>`;
  const bibtex = `@software{swish_lab,
  title   = {Swish Lab},
  version = {${props.version}},
  year    = {2026},
  license = {MIT}
}`;
  element.innerHTML = `
    <div class="lab lab-footer">
      <div><p>${escaped(t("shell.about"))}</p>
        <p style="margin-top:6px">${link("http://www.kler.cn/a/542810.html", t("shell.article"))} ·
        ${link("https://arxiv.org/abs/1710.05941", t("shell.paper"))} · <a href="docs" target="_blank">REST</a></p></div>
      <div><p>${escaped(t("shell.kept", { days: props.days }))}</p>
        ${props.unkept ? `<p style="margin-top:6px" class="lab-mid">${escaped(t(props.unkept))}</p>` : ""}</div>
      <div><p>${escaped(t("shell.teach"))} <a href="?beta=0">β = 0</a> · <a href="?beta=-1">β = −1</a> · <a href="?beta=10&act=relu">β = 10</a> ·
        <a href="?act=relu,gelu,mish,elu">${escaped(t("shell.rivals"))}</a> · <a href="?tab=claims">${escaped(t("shell.tab_claims"))}</a></p></div>
      <div><details><summary>${escaped(t("shell.cite"))}</summary><pre>${escaped(bibtex)}</pre></details>
        <p style="margin-top:6px">${escaped(t("shell.licences", { version: props.version }))}</p></div>
    </div>`;
}
