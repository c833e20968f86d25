/**
 * Finds what is wrong with how the page lies at its width: texts over one another, texts cut off
 * without a sign, what leaves its frame or the screen. A string a fault, the same at each width.
 */
() => {
  const SLACK = 1.5;
  const FRAMES = ".lab-card, button, .lab-btn, .lab-chip, .lab-seg, .claims-tile, td, th, pre";
  const bars = { hidden: "cut", clip: "cut", auto: "scrolls", scroll: "scrolls" };
  const faults = new Set();
  const wide = document.documentElement.clientWidth;

  const shown = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    !element.closest(".lab-sr, .lab-unseen, .claims-unseen, .visually-hidden, #lab-proofs") &&
    !(getComputedStyle(element).clipPath !== "none" && element.offsetWidth <= 1);
  const at = (element) => {
    const own = element.closest("[id], [data-part], [class]") ?? element;
    const name = (node) =>
      node.id
        ? `#${node.id}`
        : node.dataset.part
          ? `[${node.dataset.part}]`
          : `.${[...node.classList].find((each) => !each.startsWith("svelte")) ?? node.tagName}`;
    const card = element.closest(".lab-card");
    return card && card !== own ? `${name(card)} ${name(own)}` : name(own);
  };
  const quoted = (text) => `“${text.trim().replace(/\s+/g, " ").slice(0, 40)}”`;

  /** What lies around an element and may cut or frame it, from within; found once for each. */
  const within = new Map();
  const around = (element) => {
    if (!element || element === document.body) return [];
    if (!within.has(element)) {
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const [x, y] = [bars[style.overflowX], bars[style.overflowY]];
      const out = style.position === "fixed" ? [] : around(element.parentElement);
      const frames = element.matches(FRAMES);
      const own = { each: element, box, style, x, y, frames };
      within.set(element, [own, ...out]);
    }
    return within.get(element);
  };

  /** Scrolling has a sign where a shadow lies still at the edge while the content moves. */
  const signed = ({ style, each }) =>
    style.backgroundAttachment.includes("local") || each.matches("textarea");

  /** The part of a box that is seen; what is cut of it without a sign is told. */
  const seen = (rect, layers, what, place) => {
    let { left, right, top, bottom } = rect;
    for (const layer of layers) {
      const { box, style, each } = layer;
      if (layer.x) {
        const over = Math.max(right - box.right, box.left - left);
        if (over > SLACK && right > box.left && left < box.right) {
          const ok = layer.x === "cut" ? style.textOverflow === "ellipsis" : signed(layer);
          const why = layer.x === "cut" ? `cut without a sign: ${what} at ${place}` : "scrolls unsigned";
          if (!ok) faults.add(`${why} by ${at(each)}`);
        }
        if (over > SLACK && (right <= box.left || left >= box.right) && layer.x === "cut") {
          faults.add(`cut without a sign: ${what} at ${place} by ${at(each)}`);
        }
        [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
      }
      if (layer.y) {
        const over = Math.max(bottom - box.bottom, box.top - top);
        if (layer.y === "cut" && over > 4 && !style.webkitLineClamp.match(/\d/)) {
          faults.add(`cut without a sign: ${what} at ${place} by ${at(each)}`);
        }
        [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
      }
      if (left >= right || top >= bottom) return null;
      if (layer.frames) {
        const out = Math.max(right - box.right, box.left - left, bottom - box.bottom, box.top - top);
        if (out > SLACK + 1) faults.add(`leaves its frame: ${what} at ${place}, out of ${at(each)}`);
      }
    }
    if (right > wide + SLACK || left < -SLACK) faults.add(`leaves the screen: ${what} at ${place}`);
    return { left, right, top, bottom };
  };

  const root = document.querySelector("gradio-app") ?? document.body;
  const texts = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const told = new Map();
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest("script, style, option, title, math, .katex, .icon")) continue;
    if (!told.has(parent)) told.set(parent, shown(parent) && around(parent));
    const layers = told.get(parent);
    if (!layers) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const size = parseFloat(layers[0].style.fontSize);
    for (const line of range.getClientRects()) {
      if (line.width < 1) continue;
      const middle = (line.top + line.bottom) / 2; // letters, not the line's leading
      const letters = {
        left: line.left,
        right: line.right,
        top: middle - size * 0.36,
        bottom: middle + size * 0.36,
      };
      const part = seen(letters, layers, quoted(node.data), at(parent));
      if (part) texts.push({ ...part, node, parent, what: quoted(node.data), layers });
    }
  }
  texts.sort((one, other) => one.top - other.top);
  const lifted = ({ layers }) =>
    layers.find(({ style }) => style.position === "sticky" || style.position === "fixed")?.each;
  texts.forEach((one, index) => {
    for (let next = index + 1; next < texts.length && texts[next].top < one.bottom - 2; next++) {
      const other = texts[next];
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      if (across < 2.5 || one.node === other.node || lifted(one) !== lifted(other)) continue;
      faults.add(`over one another: ${one.what} at ${at(one.parent)} and ${other.what}`);
    }
  });
  for (const element of root.querySelectorAll("button, input, select, canvas, svg, summary, a")) {
    if (!shown(element) || element.matches("svg *")) continue;
    const box = element.getBoundingClientRect();
    if (!box.width || element.matches(".main-svg, .main-svg *")) continue;
    seen(box, around(element.parentElement), `<${element.localName}>`, at(element));
    const narrow = element.matches("select, input:not([type=range], [type=checkbox], [type=radio], [type=file])");
    if (narrow && getComputedStyle(element).textOverflow !== "ellipsis") {
      faults.add(`cut without a sign: <${element.localName}> at ${at(element)} has no ellipsis`);
    }
    if (element.matches("canvas") && box.width > 12 && box.width < 24) {
      faults.add(`no room: <canvas> at ${at(element)}`);
    }
  }
  if (document.documentElement.scrollWidth > wide + 1) faults.add("the page is wider than the screen");
  return [...faults];
}
