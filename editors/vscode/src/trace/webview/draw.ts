/** The parts of the denoising view. */

import type { PlanLine } from "../plan.ts";
import type { TraceRecord } from "../record.ts";
import { type Cell, type Frame, glyph, numHealed, widths } from "../replay.ts";
import { stages } from "../timings.ts";
import { element, section, withProperty } from "./dom.ts";

// A theme has six colours for charts: what takes long has one of them, the other stages are striped.
const SOLID_STAGES = ["denoise", "prefill", "score", "constraints", "parse", "check"];
const PERCENT = new Intl.NumberFormat(undefined, { style: "percent" });

/** One line that says how the request ended. */
export function outcome(record: TraceRecord): HTMLElement {
  const { outcome: ended } = record;
  const verdict =
    ended.outcome === "proposal"
      ? `Proposed with confidence ${PERCENT.format(ended.confidence)}`
      : `Nothing shown: ${ended.reason ?? ""}${ended.detail === "" ? "" : `, ${ended.detail}`}`;
  const parts = [
    verdict,
    counted(ended.steps, "step"),
    counted(ended.forwards, "forward"),
    ...(ended.model === "" ? [] : [ended.model]),
  ];
  return element("p", { class: `outcome ${ended.outcome}` }, parts.join(" · "));
}

/** The canvases as they are in one frame, in large type. */
export function canvas(frame: Frame): HTMLElement {
  const holes = frame.holes.map((cells, hole) =>
    element(
      "div",
      { class: "canvas", "data-hole": hole },
      element("span", { class: "hole-name" }, holeName(hole)),
      ...cells.map((cell, at) => cellElement("span", cell, hole, at)),
    ),
  );
  return section("Canvas", ...holes);
}

/** All frames: a row each, a column for each position. */
export function grid(record: TraceRecord, frames: readonly Frame[], current: number): HTMLElement {
  const [first] = frames;
  if (first === undefined) return section("Steps", element("p", {}, withoutSteps(record)));
  const body = element("tbody");
  const columns = widths(frames);
  for (const [index, frame] of frames.entries()) {
    const isCurrent = index === current;
    const row = element(
      "tr",
      {
        class: isCurrent ? "current" : "",
        "data-frame": index,
        "aria-current": isCurrent && "step",
      },
      element("th", { scope: "row" }, index === 0 ? "start" : String(index)),
    );
    for (const [hole, cells] of frame.holes.entries()) {
      if (hole > 0) row.append(element("td", { class: "between" }));
      for (let at = 0; at < (columns[hole] ?? 0); at++) {
        const cell = cells[at];
        row.append(cell === undefined ? element("td") : cellElement("td", cell, hole, at));
      }
    }
    row.append(element("td", { class: "time" }, index === 0 ? "" : ms(frame.elapsedMs)));
    body.append(row);
  }
  return section("Steps", element("div", { class: "scroll" }, element("table", {}, body)));
}

/** Why there is nothing to replay. */
function withoutSteps({ outcome }: TraceRecord): string {
  return outcome.steps > 0
    ? "The server has forgotten the steps: it keeps those of the last requests only."
    : "Nothing was denoised.";
}

/** The source with the holes in it; each shows what its canvas holds in the current frame. */
export function plan(
  lines: readonly PlanLine[],
  record: TraceRecord,
  frames: readonly Frame[],
  current: number,
): HTMLElement {
  const { reason, holes } = record.plan;
  const why = element("p", {}, reason === "" ? "No plan was made." : `Plan: ${reason}`);
  const list = element(
    "ol",
    { class: "holes" },
    ...holes.map((hole) => element("li", {}, `${hole.kind.replaceAll("_", " ")}: ${hole.reason}`)),
  );
  const isCached = record.origin !== undefined && record.origin !== record.id;
  const note = isCached
    ? element("p", {}, "You typed along: this is what was left of an earlier request's answer.")
    : null;
  const inside = (hole: number, before: string): (HTMLElement | string)[] => {
    // The steps of a cached answer were made for the text as it was then.
    if (!isCached && frames.length > 0) return cellsIn(frames, current, hole, before);
    const start = record.plan.holes[hole]?.start_byte;
    const edit = record.outcome.edits.find((each) => each.start_byte === start);
    return edit === undefined ? [] : [edit.new_text];
  };
  return section(
    "Plan",
    why,
    note,
    holes.length > 1 ? list : null,
    lines.length > 0 ? sourceElement(lines, inside) : null,
  );
}

/** The lines; `inside` gives what a hole holds, by its number and the text before it. */
function sourceElement(
  lines: readonly PlanLine[],
  inside: (hole: number, before: string) => readonly (HTMLElement | string)[],
): HTMLElement {
  const source = element("pre", { class: "source", tabindex: 0 });
  const drawn = new Set<number>();
  for (const line of lines) {
    if ("gap" in line) {
      source.append(element("div", { class: "gap" }, `⋯ ${line.gap} lines`));
      continue;
    }
    const { number } = line;
    const row = element("div", { class: "line" });
    row.append(element("button", { class: "number", "data-line": number }, `${number}`));
    let before = "";
    for (const { hole, text, kind } of line.segments) {
      if (hole === undefined) {
        row.append(element("span", { class: kind }, text));
      } else {
        row.append(holeElement(hole, text, drawn.has(hole) ? [] : inside(hole, before)));
        drawn.add(hole);
      }
      before += text;
    }
    source.append(row);
  }
  return source;
}

/** Where the time went. */
export function timings(record: TraceRecord): HTMLElement {
  const all = stages(record.timings_ms);
  if (all.length === 0) return section("Timings", element("p", {}, "Nothing was measured."));
  const bar = element("div", { class: "bar", "aria-hidden": "true" });
  const body = element("tbody");
  all.forEach((stage, index) => {
    const place = SOLID_STAGES.indexOf(stage.name);
    const look = place < 0 ? `stage-${index % SOLID_STAGES.length} striped` : `stage-${place}`;
    const part = element("div", { class: `stage ${look}`, title: stage.name });
    bar.append(withProperty(part, "--share", stage.share));
    body.append(
      element(
        "tr",
        {},
        element("th", { scope: "row" }, element("span", { class: `key ${look}` }), stage.name),
        element("td", {}, ms(stage.ms)),
        element("td", {}, PERCENT.format(stage.share)),
      ),
    );
  });
  return section("Timings", bar, element("table", { class: "timings" }, body));
}

/** What colours, marks and keys mean. */
export function legend(): HTMLElement {
  const sample = (cell: Partial<Cell>, text: string) =>
    element(
      "li",
      {},
      cellElement(
        "span",
        { text: "x", id: 0, p: 1, state: "settled", change: "none", ...cell },
        0,
        0,
      ),
      text,
    );
  return section(
    "Legend",
    element(
      "ul",
      { class: "legend" },
      sample({ state: "masked", p: 0 }, "masked"),
      sample({ state: "committed", change: "committed" }, "committed in this step"),
      sample({ state: "masked", change: "remasked", p: 0.3 }, "masked again: it lost its support"),
      sample({ state: "settled" }, "final"),
      sample({ p: 0.2 }, "unsure"),
      sample({ p: 0.99 }, "sure (the bar is the probability)"),
    ),
    element(
      "p",
      { class: "keys" },
      "Space plays and pauses, ← and → step, Home and End go to the ends, ",
      "↑ and ↓ choose an older or a newer request.",
    ),
  );
}

function cellElement<K extends "span" | "td">(
  name: K,
  cell: Cell,
  hole: number,
  at: number,
): HTMLElement {
  const text = glyph(cell);
  const change = cell.change === "none" ? "" : `, ${cell.change} in this step`;
  const label = `${holeName(hole)}, position ${at + 1}: ${text}, ${cell.state}${change}, p ${cell.p.toFixed(2)}`;
  const made = element(
    name,
    { class: `cell ${cell.state} changed-${cell.change}`, title: label, "data-state": cell.state },
    text,
  );
  return withProperty(made, "--p", cell.p);
}

function cellsIn(
  frames: readonly Frame[],
  current: number,
  hole: number,
  before: string,
): HTMLElement[] {
  const skipped = numHealed(frames.at(-1)?.holes[hole] ?? [], before);
  return (frames[current]?.holes[hole] ?? [])
    .map((cell, at) => cellElement("span", cell, hole, at))
    .slice(skipped);
}

function holeElement(
  hole: number,
  replaced: string,
  inside: readonly (HTMLElement | string)[],
): HTMLElement {
  const old = replaced === "" ? null : element("del", {}, replaced);
  return element("span", { class: "hole", title: holeName(hole) }, old, ...inside);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function holeName(hole: number): string {
  return `Hole ${hole + 1}`;
}

function ms(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}
