/**
 * Tells where things are in Gradio's page, whose elements have no such roles: the head, the tabs,
 * each tab's contents, the foot; and a link past the head.
 */

import { find, findAll } from "./dom.js";
import { whenThere } from "./gradio.js";
import { rove } from "./roving.js";
import { t } from "./text.js";

const TAB = '[role="tablist"] > [role="tab"]';

/** Sets them, in tabs that are opened later too. */
export async function landmarks() {
  const tabs = await whenThere("lab-tabs");
  skipLink();
  // Gradio's own holds head and foot as well.
  document.querySelector("main.contain")?.setAttribute("role", "presentation");
  for (const [id, role] of [
    ["lab-header", "banner"],
    ["lab-footer", "contentinfo"],
  ])
    whenThere(id).then((node) => node.setAttribute("role", role));
  const bar = find(tabs, ".tab-wrapper");
  bar.setAttribute("role", "navigation");
  bar.setAttribute("aria-label", t("shell.tabs"));
  rove(find(bar, '[role="tablist"]'), TAB);
  const tell = () => tellPanel(tabs);
  new MutationObserver(tell).observe(tabs, { childList: true });
  new MutationObserver(tell).observe(bar, {
    subtree: true,
    childList: true,
    attributeFilter: ["aria-selected"],
  });
  tell();
}

/** The contents of the tab that is open. */
const shown = () => findAll(document, '[role="main"]').find((each) => each.offsetParent);

/** Makes what the open tab shows the page's main part. @param {HTMLElement} tabs */
function tellPanel(tabs) {
  const panel = findAll(tabs, ":scope > [role=tabpanel]").find(
    ({ style }) => style.display !== "none",
  );
  const tab = findAll(tabs, TAB).find((each) => each.getAttribute("aria-selected") === "true");
  if (!panel || !tab) return;
  const name = tab.dataset.tabId ?? "";
  panel.id ||= `lab-panel-${name}`;
  for (const each of findAll(tabs, TAB)) {
    // Gradio leaves it empty until it knows the panel's id.
    if (each === tab) each.setAttribute("aria-controls", panel.id);
    else each.removeAttribute("aria-controls");
  }
  const main = panel.firstElementChild;
  if (!main || main.getAttribute("role") === "main") return;
  main.setAttribute("role", "main");
  main.setAttribute("aria-label", (tab.textContent ?? "").trim());
  main.setAttribute("tabindex", "-1");
}

/** The page's first Tab stop: past head and tabs, to the open tab's contents. */
function skipLink() {
  const link = document.createElement("a");
  link.className = "lab-skip";
  link.href = "#lab-tabs";
  link.textContent = t("shell.skip");
  link.addEventListener("click", (event) => {
    event.preventDefault(); // the address is the page's state
    shown()?.focus();
  });
  document.body.prepend(link);
}
