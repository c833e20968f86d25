/** The landmarks of an activation that is shown: those of Swish move with β, in closed form. */

import { escaped, short, t } from "../core/text.js";

const KINDS = ["minimum", "maximum", "steepest", "shallowest", "zero"];
/** Of many of one kind, the nearest to 0 are listed. */
const MOST = 5;

/** What is said of Swish's landmarks: with β < 0 it is mirrored, with β = 0 a line. @param {number} beta */
const swishNote = (beta) =>
  `explore.landmark_note${beta > 0 ? "" : beta < 0 ? "_mirrored" : "_flat"}`;

/** @param {HTMLElement} host @param {any} lab */
export function card(host, lab) {
  host.innerHTML = `<label class="lab-label">${escaped(t("properties.landmarks_of"))}<select class="lab-field" title="${escaped(t("properties.tip_mark"))}"></select></label>
    <p class="lab-note" data-part="landmark-title"></p>
    <div class="lab-scroll" tabindex="0"><table class="landmark-table"><thead><tr><th>${escaped(t("explore.col_what"))}</th><th>x</th><th>f(x)</th><th>f′(x)</th></tr></thead><tbody data-part="landmarks"></tbody></table></div>
    <p class="lab-note property-note" data-part="landmark-note"></p>`;
  const [title, body, note] = ["title", "landmarks", "note"].map((name) =>
    host.querySelector(`[data-part$=${name}]`),
  );
  const select = host.querySelector("select");
  const source = lab.facts;
  source.onArrived((record) => record === chosen() && paint());

  const chosen = () =>
    lab.chosen().find((record) => lab.keyOf(record) === lab.state.get("mark")) ?? lab.swish;

  /** A number to as many digits as it is right to, as far as there is room: what is shown, and its title. */
  const digits = (value) => (value === null ? ["–", ""] : [short(value, 7), short(value, 15)]);

  /** A row: its kind, and of each cell what it shows and its title. */
  function row({ kind, x, value, slope, end }) {
    const stretch =
      end === undefined
        ? digits(x)
        : [
            `${x === null ? "(−∞" : `[${short(x, 6)}`}, ${end === null ? "∞)" : `${short(end, 6)}]`}`,
            "",
          ];
    return { kind, cells: [stretch, digits(value), digits(slope)] };
  }

  /** Writes the rows; where rows of these kinds stand there already, what differs in them. */
  let standing = "";
  function write(rows) {
    const kinds = rows.map(({ kind }) => kind).join();
    const cells = rows.flatMap((each) => each.cells);
    if (standing !== kinds) {
      standing = kinds;
      body.innerHTML = rows
        .map(
          ({ kind }) =>
            `<tr><td>${escaped(t(`explore.landmark_${kind}`))}</td>${"<td><span></span></td>".repeat(3)}</tr>`,
        )
        .join("");
    }
    body.querySelectorAll("span").forEach((span, at) => {
      const [shown, whole] = cells[at];
      if (span.textContent !== shown) span.textContent = shown;
      if (span.title !== whole) span.title = whole;
    });
  }

  function paint() {
    const record = chosen();
    const { facts, old } = source.of(record);
    const values = Object.keys(lab.values(record)).map(
      (name) =>
        `${lab.symbolOf(`${lab.keyOf(record)}.${name}`)} = ${short(lab.values(record)[name], 6)}`,
    );
    title.textContent = [record.label, ...values].join(", ");
    body.classList.toggle("property-old", old);
    // Of Swish each cell is a number, which a drag lays out by itself.
    host.classList.toggle("landmark-moves", record === lab.swish);
    if (!facts || facts.error) {
      standing = "";
      body.innerHTML = `<tr><td class="lab-note" colspan="4">${escaped(facts?.error ?? t("properties.computing"))}</td></tr>`;
      return;
    }
    const near = (kind) =>
      facts.landmarks
        .filter((mark) => mark.kind === kind)
        .sort((a, b) => Math.abs(a.x) - Math.abs(b.x))
        .slice(0, MOST);
    const [before, after] = [facts.slopeBefore, facts.slopeAfter].map(digits);
    const slope =
      facts.slopeBefore === facts.slopeAfter
        ? after
        : [`${before[0]} | ${after[0]}`, `${before[1]} | ${after[1]}`];
    write([
      ...KINDS.flatMap((kind) => near(kind).map(row)),
      { kind: "origin", cells: [["0", ""], digits(facts.atZero), slope] },
    ]);
    const many =
      facts.zeros.kind === "endless" ||
      facts.landmarks.some(
        ({ kind }) => facts.landmarks.filter((mark) => mark.kind === kind).length > MOST,
      );
    const key =
      record === lab.swish
        ? swishNote(lab.state.get("beta"))
        : many
          ? "properties.note_endless"
          : facts.zeros.kind === "searched"
            ? "properties.note_searched"
            : "properties.note_found";
    const said = t(key, { count: MOST, reach: short(facts.zeros.reach ?? Infinity, 3) });
    if (note.textContent !== said) note.textContent = said;
  }

  function options() {
    const html = lab
      .chosen()
      .map(
        (record) =>
          `<option value="${escaped(lab.keyOf(record))}">${escaped(record.label)}</option>`,
      )
      .join("");
    if (select.dataset.html !== html) select.innerHTML = select.dataset.html = html;
    select.value = lab.keyOf(chosen());
  }

  select.addEventListener("change", () => lab.state.set({ mark: select.value }));
  lab.state.subscribe((changed) => changed.has("mark") && update("shown"));
  source.ready().then(() => update("shown"));

  /** @param {"shown" | "beta"} what */
  function update(what) {
    if (what === "beta" && chosen() !== lab.swish) return;
    if (what === "shown") options();
    paint();
  }
  return { update };
}
