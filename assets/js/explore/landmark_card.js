/**
 * Lists the landmarks of an activation that is shown: those of Swish move with β, in closed form.
 */

import { fill, find, findAll, html, setText, short, t } from "../core/html.js";

const KINDS = ["minimum", "maximum", "steepest", "shallowest", "zero"];
/** Of many of one kind, the nearest to 0 are listed. */
const MOST = 5;

/**
 * What is said of Swish's landmarks: with β < 0 it is mirrored, with β = 0 a line.
 * @param {number} beta
 */
const swishNote = (beta) =>
  `explore.landmark_note${beta > 0 ? "" : beta < 0 ? "_mirrored" : "_flat"}`;

/** @typedef {[shown: string, title: string]} Cell */
/** @typedef {{kind: string, cells: Cell[]}} Row */

/**
 * @typedef {object} Mark
 * @property {string} kind
 * @property {number | null} x
 * @property {number} value
 * @property {number} slope
 * @property {number | null} [end] Of a stretch.
 */

/** @type {import("./lazy_cards.js").MakeCard} */
export function card(host, lab) {
  fill(host, skeleton());
  const [title, body, note] = ["title", "landmarks", "note"].map((name) =>
    find(host, `[data-part$=${name}]`),
  );
  const select = find(host, "select", HTMLSelectElement);
  const source = lab.facts;
  source.onArrived((record) => {
    if (record === chosen()) paint();
  });

  const chosen = () => lab.shownBy("mark");

  /**
   * A number to as many digits as it is right to, as far as there is room.
   * @param {number | null} value
   * @returns {Cell}
   */
  const digits = (value) => (value === null ? ["–", ""] : [short(value, 7), short(value, 15)]);

  /** @param {Mark} mark @returns {Row} */
  function row({ kind, x, value, slope, end }) {
    const low = x === null ? "(−∞" : `[${short(x, 6)}`;
    const high = end === null || end === undefined ? "∞)" : `${short(end, 6)}]`;
    const where = end === undefined ? digits(x) : /** @type {Cell} */ ([`${low}, ${high}`, ""]);
    return { kind, cells: [where, digits(value), digits(slope)] };
  }

  let standing = "";
  /**
   * Writes the rows; where rows of these kinds stand there already, what differs.
   * @param {Row[]} rows
   */
  function write(rows) {
    const kinds = rows.map(({ kind }) => kind).join();
    const cells = rows.flatMap((each) => each.cells);
    if (standing !== kinds) {
      standing = kinds;
      const empty = html`<td><span></span></td><td><span></span></td><td><span></span></td>`;
      const lines = rows.map(
        ({ kind }) => html`<tr><td>${t(`explore.landmark_${kind}`)}</td>${empty}</tr>`,
      );
      fill(body, html`${lines}`);
    }
    findAll(body, "span").forEach((span, at) => {
      const [shown, whole] = cells[at];
      setText(span, shown);
      if (span.title !== whole) span.title = whole;
    });
  }

  function paint() {
    const record = chosen();
    const { facts, old } = source.of(record);
    title.textContent = [record.label, ...lab.settings(record)].join(", ");
    body.classList.toggle("property-old", old);
    // Of Swish each cell is a number, which a drag lays out by itself.
    host.classList.toggle("landmark-moves", record === lab.swish);
    if (!facts || facts.error) {
      standing = "";
      const words = facts?.error ?? t("properties.computing");
      fill(body, html`<tr><td class="lab-note" colspan="4">${words}</td></tr>`);
      return;
    }
    /** @type {Mark[]} */
    const marks = facts.landmarks;
    /** @param {string} kind */
    const ofKind = (kind) => marks.filter((mark) => mark.kind === kind);
    /** @param {string} kind */
    const near = (kind) =>
      ofKind(kind)
        .sort((a, b) => Math.abs(a.x ?? 0) - Math.abs(b.x ?? 0))
        .slice(0, MOST);
    const [before, after] = [facts.slopeBefore, facts.slopeAfter].map(digits);
    /** @type {Cell} */
    const slope =
      facts.slopeBefore === facts.slopeAfter
        ? after
        : [`${before[0]} | ${after[0]}`, `${before[1]} | ${after[1]}`];
    write([
      ...KINDS.flatMap((kind) => near(kind).map(row)),
      { kind: "origin", cells: [["0", ""], digits(facts.atZero), slope] },
    ]);
    const many = facts.zeros.kind === "endless" || KINDS.some((kind) => ofKind(kind).length > MOST);
    const key =
      record === lab.swish
        ? swishNote(lab.state.get("beta"))
        : many
          ? "properties.note_endless"
          : facts.zeros.kind === "searched"
            ? "properties.note_searched"
            : "properties.note_found";
    const reach = short(facts.zeros.reach ?? Infinity, 3);
    setText(note, t(key, { count: MOST, reach }));
  }

  select.addEventListener("change", () => lab.state.set({ mark: select.value }));
  lab.state.subscribe(["mark"], () => update("shown"));
  source.ready().then(() => update("shown"));

  /** @param {import("./lazy_cards.js").Change} what */
  function update(what) {
    if (what === "beta" && chosen() !== lab.swish) return;
    if (what === "shown") lab.offerChosen(select, chosen());
    paint();
  }
  return { update };
}

function skeleton() {
  const heads = [t("explore.col_what"), "x", "f(x)", "f′(x)"].map((head) => html`<th>${head}</th>`);
  return html`<label class="lab-label">${t("properties.landmarks_of")}<select class="lab-field"
      title="${t("properties.tip_mark")}"></select></label>
    <p class="lab-note" data-part="landmark-title"></p>
    <div class="lab-scroll" tabindex="0"><table class="landmark-table"
      ><thead><tr>${heads}</tr></thead><tbody data-part="landmarks"></tbody></table></div>
    <p class="lab-note property-note" data-part="landmark-note"></p>`;
}
