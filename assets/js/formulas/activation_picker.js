/** The menu of activations: those chosen, a searchable list by family, the parameters of the chosen. */

import { escaped, t } from "../core/text.js";
import { activationColour, isDark, onTheme } from "../core/theme.js";
import { activations } from "../generated/activations.js";
import { parameterControls } from "./parameter_controls.js";

const DASHES = {
  solid: "",
  dash: "5 3",
  dot: "1.5 2.5",
  dashdot: "5 2 1.5 2",
  longdash: "8 3",
  longdashdot: "8 2 1.5 2",
};

/** A short sample of an activation's line, as its chip shows it. */
const sampleLine = (dash) =>
  `<svg width="18" height="6" viewBox="0 0 18 6" aria-hidden="true"><path d="M0 3H18" stroke="currentColor" stroke-width="2.6" stroke-dasharray="${DASHES[dash] ?? ""}"/></svg>`;

/**
 * @param {HTMLElement} host
 * @param {any} lab What `explore/tab.js` gives to its parts.
 */
export function activationPicker(host, lab) {
  const count = activations.length;
  host.innerHTML = `
    <h3>${escaped(t("explore.activations"))}</h3>
    <div class="lab-row explore-chosen" data-chosen></div>
    <input class="lab-field" type="search" placeholder="${escaped(t("explore.search", { count }))}" aria-label="${escaped(t("explore.search", { count }))}" title="${escaped(t("explore.tip_search"))}">
    <div class="explore-menu" data-menu tabindex="-1"></div>
    <p class="lab-note explore-what" data-what aria-live="off"></p>
    <div data-parameters></div>`;
  const $ = (name) => host.querySelector(`[data-${name}]`);
  const search = host.querySelector("input");
  // Swish's β and the typed formula's parameters have controls of their own.
  const own = ["swish", "formula"];
  const parameters = parameterControls($("parameters"), lab, () =>
    lab.chosen().filter((each) => !own.includes(lab.keyOf(each))),
  );

  const chip = (
    each,
    pressed,
  ) => `<button class="lab-chip" data-name="${escaped(each.name)}" aria-pressed="${pressed}"
      style="--chip:${activationColour(each.name)}">${sampleLine(each.dash)}${escaped(each.label)}</button>`;

  function paintChosen() {
    $("chosen").innerHTML = lab
      .chosen()
      .map((each) => chip(each, true))
      .join("");
  }

  /** What the menu shows, in a few words: painted anew at each key of a formula, it took 15 ms. */
  let painted = "";
  function paintMenu() {
    const wanted = search.value.trim().toLowerCase();
    const pressed = new Set(lab.chosen());
    const shows = JSON.stringify([wanted, isDark(), ...lab.state.get("act")]);
    if (painted === shows) return;
    painted = shows;
    const families = Map.groupBy(activations, ({ family }) => family);
    const groups = [...families].map(([family, members]) => {
      const title = t(`activations.family.${family}`);
      const found = members.filter(({ name, label }) =>
        `${name} ${label} ${title} ${purpose(name)}`.toLowerCase().includes(wanted),
      );
      return found.length
        ? `<h4>${escaped(title)}</h4><div class="lab-row">${found.map((each) => chip(each, pressed.has(each))).join("")}</div>`
        : "";
    });
    $("menu").innerHTML =
      groups.join("") || `<span class="lab-note">${escaped(t("explore.none_found"))}</span>`;
  }

  host.addEventListener("click", (event) => {
    const name = event.target.closest("[data-name]")?.dataset.name;
    if (name) lab.toggle(name);
  });
  const tell = (event) => {
    const name = event.target.closest?.("[data-name]")?.dataset.name;
    if (name) $("what").textContent = about(name);
  };
  host.addEventListener("pointerover", tell);
  host.addEventListener("focusin", tell);
  search.addEventListener("input", paintMenu);
  search.addEventListener("keydown", (event) => {
    // The one that is left is meant.
    const found = $("menu").querySelectorAll("[data-name]");
    if (event.key === "Enter" && found.length === 1) lab.toggle(found[0].dataset.name);
  });
  function paint() {
    paintChosen();
    paintMenu();
    parameters.paint();
    $("what").textContent = about("swish");
  }
  const purpose = (name) => t(`activations.purpose.${name}`);
  function about(name) {
    const record = activations.find((each) => each.name === name);
    return record ? `${record.label}, ${record.year}: ${purpose(name)}` : name.slice(1);
  }
  onTheme(paint);
  paint();
  return {
    /** The choice has changed: all anew. The focus stays on the chip that was pressed. */
    paint() {
      const focused = document.activeElement;
      const [name, menu] = [
        host.contains(focused) && focused.dataset.name,
        $("menu").contains(focused),
      ];
      const top = $("menu").scrollTop;
      paint();
      $("menu").scrollTop = top;
      const box = menu ? $("menu") : $("chosen");
      if (name)
        (box.querySelector(`[data-name="${CSS.escape(name)}"]`) ?? search).focus({
          preventScroll: true,
        });
    },
    showParameters: parameters.show,
  };
}
