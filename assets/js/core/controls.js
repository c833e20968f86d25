/**
 * Sets groups of buttons and menus: what is pressed, what is offered; a group is one Tab stop.
 * Arrows, Home and End move within it, as do the rows it has; Delete removes where it says so.
 *
 * A button that cannot be pressed for a while keeps the focus, or hands it on: what is disabled or
 * hidden drops it, and with it the place of who works by keys.
 */

import { closest, fill, findAll, html } from "./html.js";

/** What tells which of a group is chosen, or can be used. */
const TOLD = ["aria-selected", "aria-pressed", "aria-current", "disabled", "hidden"];
/** @param {Element} item */
const isOn = (item) =>
  TOLD.slice(0, 3).some((name) => item.getAttribute(name) === "true") ||
  (item instanceof HTMLInputElement && item.checked);
/** @param {HTMLElement} item */
const isUsable = (item) => !item.matches(":disabled") && !item.closest("[hidden]");

const known = new WeakSet();

/**
 * @param {HTMLElement} group
 * @param {string} [selector] What is in it: buttons.
 * @param {{removes?: boolean}} [options] Whether Delete presses an item: it goes then.
 */
export function rove(group, selector = "button", { removes = false } = {}) {
  if (known.has(group)) return;
  known.add(group);
  /** @type {HTMLElement | undefined} */
  let last;
  let place = 0;
  const items = () => findAll(group, selector).filter(isUsable);

  /** Leaves one item to Tab: the focused one, the only one that is on, the last, or the first. */
  function settle() {
    const all = items();
    const on = all.filter(isOn);
    const focused = all.find((each) => each === document.activeElement);
    const stop =
      focused ??
      (on.length === 1 ? on[0] : undefined) ??
      (last && all.includes(last) ? last : (on[0] ?? all[0]));
    for (const each of all) {
      const index = each === stop ? 0 : -1;
      if (each.getAttribute("tabindex") !== String(index)) each.tabIndex = index;
    }
  }

  group.addEventListener("focusin", ({ target }) => {
    const item = closest(target, selector);
    if (!item) return;
    last = item;
    place = items().indexOf(item);
    settle();
  });
  group.addEventListener("focusout", () => setTimeout(settle));
  group.addEventListener("keydown", (event) => {
    const all = items();
    const at = all.indexOf(/** @type {HTMLElement} */ (closest(event.target, selector)));
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (removes && (event.key === "Delete" || event.key === "Backspace")) {
      event.preventDefault();
      return remove(all[at]);
    }
    const next = neighbour(all, at, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  /** Presses an item, and goes to that which is then in its place. @param {HTMLElement} item */
  function remove(item) {
    const at = place;
    item.click();
    setTimeout(() => {
      const all = items();
      // Who has gone on by Tab meanwhile stays there.
      const away =
        document.activeElement !== document.body && !group.contains(document.activeElement);
      if (!item.isConnected && !away) all[Math.min(at, all.length - 1)]?.focus();
    }, REMOVED);
  }

  new MutationObserver(settle).observe(group, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: TOLD,
  });
  settle();
}

/** Makes each row of joined buttons one Tab stop. @param {HTMLElement} host */
export function roveRows(host) {
  for (const row of findAll(host, ".lab-seg")) rove(row);
}

/** Milliseconds within which what was removed is gone from the page. */
const REMOVED = 60;

/**
 * Where a key goes from an item; undefined where it goes nowhere.
 * @param {HTMLElement[]} all @param {number} at @param {string} key
 */
function neighbour(all, at, key) {
  if (key === "Home") return all[0];
  if (key === "End") return all[all.length - 1];
  if (key === "ArrowRight") return all[(at + 1) % all.length];
  if (key === "ArrowLeft") return all[(at + all.length - 1) % all.length];
  if (key !== "ArrowDown" && key !== "ArrowUp") return undefined;
  const down = key === "ArrowDown";
  return inNextRow(all, at, down) ?? all[(at + (down ? 1 : all.length - 1)) % all.length];
}

/**
 * The nearest item of the next row down or up; undefined where there is one row only.
 * @param {HTMLElement[]} all @param {number} at @param {boolean} down
 */
function inNextRow(all, at, down) {
  const boxes = all.map((each) => each.getBoundingClientRect());
  const here = boxes[at];
  /** @param {DOMRect} box */
  const away = (box) => (down ? box.top - here.top : here.top - box.top);
  /** @param {DOMRect} box */
  const aside = (box) => Math.abs(box.left + box.width / 2 - here.left - here.width / 2);
  const beyond = boxes.filter((box) => away(box) > here.height / 2);
  if (!beyond.length) return undefined;
  const row = Math.min(...beyond.map(away));
  const nearest = beyond
    .filter((box) => away(box) < row + here.height / 2)
    .reduce((best, box) => (aside(box) < aside(best) ? box : best));
  return all[boxes.indexOf(nearest)];
}

/** A button's field, a menu, … that an event came from, for its value. @param {Event} event */
export const fieldOf = ({ target }) => /** @type {HTMLInputElement | HTMLSelectElement} */ (target);

/**
 * Sets which of some toggles are pressed.
 * @param {Iterable<Element>} buttons @param {(button: HTMLElement) => boolean} pressed
 */
export function press(buttons, pressed) {
  for (const button of buttons) {
    const now = String(pressed(/** @type {HTMLElement} */ (button)));
    if (button.getAttribute("aria-pressed") !== now) button.setAttribute("aria-pressed", now);
  }
}

/**
 * Buttons of which one is on: each sets a property of the state to what its `data-…` says.
 * @param {HTMLElement} host @param {import("./state.js").State} state
 * @param {string} name Of the data, and of the property.
 * @param {string} [property] Where it has another name.
 * @returns {() => void} Shows which is on.
 */
export function choices(host, state, name, property = name) {
  const buttons = findAll(host, `[data-${name}]`);
  for (const button of buttons)
    button.addEventListener("click", () => state.set({ [property]: button.dataset[name] }));
  return () => press(buttons, ({ dataset }) => dataset[name] === state.get(property));
}

/**
 * The options of a menu, written where they are others than before; and what is chosen.
 * @param {HTMLSelectElement} menu
 * @param {[value: string, label: string][]} options
 * @param {string} value
 */
export function offer(menu, options, value) {
  const shown = JSON.stringify(options);
  if (menu.dataset.shown !== shown) {
    menu.dataset.shown = shown;
    fill(
      menu,
      html`${options.map(([key, label]) => html`<option value="${key}">${label}</option>`)}`,
    );
  }
  menu.value = value;
}

/** Shows words on a button for a moment. @param {HTMLElement} button @param {string} words */
export function flash(button, words) {
  button.dataset.words ??= button.textContent ?? "";
  button.textContent = words;
  setTimeout(() => {
    button.textContent = button.dataset.words ?? "";
  }, FLASHES);
}

/** Milliseconds that such words stay. */
const FLASHES = 1600;

/** @param {HTMLElement} button @param {boolean} [wanted] */
export function disable(button, wanted = true) {
  button.setAttribute("aria-disabled", String(wanted));
}

/** @param {HTMLElement} button */
export const isDisabled = (button) => button.getAttribute("aria-disabled") === "true";

/**
 * Hides a button or shows it; when it goes, the focus that it has goes to another.
 * @param {HTMLElement} button @param {boolean} wanted
 * @param {string} next Selects the one that can be pressed then.
 */
export function hide(button, wanted, next) {
  const held = button === document.activeElement;
  button.hidden = wanted;
  const other = document.querySelector(next);
  if (wanted && held && other instanceof HTMLElement) other.focus({ preventScroll: true });
}

addEventListener(
  "click",
  (event) => {
    if (!closest(event.target, '.lab-btn[aria-disabled="true"]')) return;
    event.preventDefault(); // a form is not sent
    event.stopImmediatePropagation();
  },
  { capture: true },
);
