/** Builds HTML from templates, and finds elements of a known kind in the page. */

/** HTML that is whole already: it is filled into other HTML as it stands. */
export class Html {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

/** @typedef {Html | string | number | boolean | null | undefined | readonly any[]} Content */

/** Escapes a text for HTML. @param {unknown} value */
const escaped = (value) => String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** @param {Content} value @returns {string} */
function filled(value) {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(filled).join("");
  return value === null || value === undefined ? "" : escaped(value);
}

/**
 * Fills a template: texts are escaped, HTML stands as it is, a list is joined, nothing is empty.
 * @param {TemplateStringsArray} strings
 * @param {...Content} values
 */
export const html = (strings, ...values) => new Html(String.raw(strings, ...values.map(filled)));

/**
 * Puts HTML into an element, in the place of what it held.
 * @param {Element} element @param {Html} content
 */
export function fill(element, content) {
  element.innerHTML = content.text;
}

/**
 * Puts HTML in an element whose buttons may have the focus: it stays on the one of the same name,
 * or goes to the first.
 * @param {Element} element @param {Html} content @param {string} attribute Holds a button's name.
 */
export function refill(element, content, attribute) {
  const active = document.activeElement;
  const held = element.contains(active) ? (active?.getAttribute(attribute) ?? null) : null;
  fill(element, content);
  if (held === null) return;
  const buttons = findAll(element, `[${attribute}]`);
  const again = buttons.find((each) => each.getAttribute(attribute) === held);
  (again ?? buttons[0])?.focus({ preventScroll: true });
}

/** Puts HTML in an element's own place. @param {Element} element @param {Html} content */
export function replace(element, content) {
  element.outerHTML = content.text;
}

/**
 * The first element that a selector finds within another.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} host
 * @param {string} selector
 * @param {new () => T} [kind]
 * @returns {T}
 * @throws {Error} Where there is none, or one of another kind.
 */
export function find(host, selector, kind) {
  const found = host.querySelector(selector);
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`nothing fits ${selector}`);
  return /** @type {any} */ (found);
}

/**
 * All elements that a selector finds within another.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} host
 * @param {string} selector
 * @param {new () => T} [kind] Others are left out.
 * @returns {T[]}
 */
export function findAll(host, selector, kind) {
  const wanted = kind ?? HTMLElement;
  return /** @type {any} */ (
    [...host.querySelectorAll(selector)].filter((each) => each instanceof wanted)
  );
}

/**
 * Brings in sight what a press has begun, where it lies below: on a phone a form stands above it.
 * @param {Element} element
 */
export function reveal(element) {
  const { top } = element.getBoundingClientRect();
  if (top < innerHeight - 160) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  scrollBy({ top: top - innerHeight / 3, behavior: calm ? "instant" : "smooth" });
}

/**
 * A finder of the elements within one that are marked with `data-part`.
 * @param {ParentNode} host
 * @returns {<T extends Element = HTMLElement>(name: string, kind?: new () => T) => T}
 */
export const partsOf = (host) => (name, kind) => find(host, `[data-part="${name}"]`, kind);

/**
 * The element that an event's target stands in, itself counted.
 * @param {EventTarget | null} target
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export const closest = (target, selector) =>
  target instanceof Element ? /** @type {HTMLElement | null} */ (target.closest(selector)) : null;

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
 * The options of a menu, written where they are others than before; and what is chosen.
 * @param {HTMLSelectElement} menu
 * @param {[value: string, label: string][]} choices
 * @param {string} value
 */
export function offer(menu, choices, value) {
  const shown = JSON.stringify(choices);
  if (menu.dataset.shown !== shown) {
    menu.dataset.shown = shown;
    fill(
      menu,
      html`${choices.map(([key, label]) => html`<option value="${key}">${label}</option>`)}`,
    );
  }
  menu.value = value;
}

/**
 * Writes a text where another stood: into its node, so that nobody is told of nodes that come.
 * @param {Element} element @param {string} text
 */
export function setText(element, text) {
  const [node, ...more] = element.childNodes;
  if (!(node instanceof Text) || more.length) element.textContent = text;
  else if (node.data !== text) node.data = text;
}

/** Lets the browser paint, and answer its reader, before what follows. */
export const pause = () =>
  /** @type {any} */ (globalThis).scheduler?.yield?.() ?? new Promise((done) => setTimeout(done));
