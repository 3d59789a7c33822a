/** Turns a trace into frames to play: what each position of each canvas shows after each step. */

import type { Step, TraceRecord } from "./record.ts";

const MASK = "░";

/** `settled`: committed, and never changed again. */
export type CellState = "masked" | "committed" | "settled";

/** One position after one step; `p` is its probability, `id` -1 before the first step. */
export interface Cell {
  readonly text: string;
  readonly id: number;
  readonly p: number;
  readonly state: CellState;
  readonly change: "none" | "committed" | "remasked";
}

/** All canvases after one step; frame 0 is before the first one. */
export interface Frame {
  readonly holes: readonly (readonly Cell[])[];
  readonly forwards: number;
  readonly elapsedMs: number;
  readonly summary: string;
}

/** The frames of a trace: one more than it has steps, none when nothing was denoised. */
export function frames(trace: TraceRecord): Frame[] {
  const [first] = trace.steps;
  if (first === undefined) return [];
  const settled = settledFrom(trace.steps);
  return [before(first), ...trace.steps.map((step, index) => frame(step, index, settled))];
}

/** How wide each hole's canvas gets over all frames. */
export function widths(played: readonly Frame[]): number[] {
  const numHoles = Math.max(0, ...played.map((each) => each.holes.length));
  return Array.from({ length: numHoles }, (_, hole) =>
    Math.max(0, ...played.map((each) => each.holes[hole]?.length ?? 0)),
  );
}

/**
 * How many positions at a canvas's beginning spell what stands before the hole: the word that was
 * being typed is denoised once more, with its letters given.
 */
export function numHealed(final: readonly Cell[], before: string): number {
  const length = numTyped(final, before);
  let at = 0;
  for (let covered = final[0]?.text.length ?? 0; at < final.length && covered <= length; ) {
    at++;
    covered += final[at]?.text.length ?? 0;
  }
  return length === 0 ? 0 : at;
}

/** What a canvas adds to what stands before it: letters given or typed since are left out. */
export function addedText(cells: readonly Cell[], final: readonly Cell[], before: string): string {
  let typed = numTyped(final, before);
  const left = cells.map((cell, at) => {
    const length = final[at]?.text.length ?? 0;
    const cut = Math.min(typed, length);
    typed -= cut;
    if (cut > 0 && cut === length) return "";
    return cell.state === "masked" ? MASK : cell.text.slice(cut);
  });
  return left.join("");
}

/** How many characters of the final text stand before its hole already. */
function numTyped(final: readonly Cell[], before: string): number {
  const text = holeText(final, "");
  let length = Math.min(text.length, before.length);
  while (length > 0 && !before.endsWith(text.slice(0, length))) length--;
  return length;
}

/** What a hole holds in a frame: the text, and where its masks are. */
export function holeText(cells: readonly Cell[], mask = MASK): string {
  return cells.map((cell) => (cell.state === "masked" ? mask : cell.text)).join("");
}

/** What a cell shows: line ends and the end of the text have no glyph of their own. */
export function glyph(cell: Cell): string {
  if (cell.state === "masked") return MASK;
  if (cell.text === "") return "∎";
  return cell.text.replaceAll("\n", "⏎").replaceAll("\t", "⇥").replaceAll(" ", "·");
}

function before(first: Step): Frame {
  const holes = first.ids.map((ids) => ids.map(() => EMPTY));
  const count = holes.reduce((sum, cells) => sum + cells.length, 0);
  const places = holes.length === 1 ? "one hole" : `${holes.length} holes`;
  return {
    holes,
    forwards: 0,
    elapsedMs: 0,
    summary: `Before the first step: ${count} masked positions in ${places}.`,
  };
}

const EMPTY: Cell = { text: "", id: -1, p: 0, state: "masked", change: "none" };

function frame(step: Step, index: number, settled: (hole: number, at: number) => number): Frame {
  const committed = new Set(step.committed.map(([hole, at]) => `${hole}:${at}`));
  const remasked = new Set(step.remasked.map(([hole, at]) => `${hole}:${at}`));
  const holes = step.ids.map((ids, hole) =>
    ids.map((id, at): Cell => {
      const isMasked = step.states[hole]?.[at] === "MASKED";
      const place = `${hole}:${at}`;
      const isSettled = settled(hole, at) <= index;
      return {
        text: step.texts[hole]?.[at] ?? "",
        id,
        p: step.p[hole]?.[at] ?? 0,
        state: isMasked ? "masked" : isSettled ? "settled" : "committed",
        change: remasked.has(place) ? "remasked" : committed.has(place) ? "committed" : "none",
      };
    }),
  );
  return {
    holes,
    forwards: step.forwards,
    elapsedMs: step.elapsed_ms,
    summary: summaryOf(step, index, holes),
  };
}

function summaryOf(step: Step, index: number, holes: readonly (readonly Cell[])[]): string {
  const left = holes.flat().filter((cell) => cell.state === "masked").length;
  const parts = [`${step.committed.length} committed`];
  if (step.remasked.length > 0) parts.push(`${step.remasked.length} remasked`);
  parts.push(`${left} still masked`);
  return `Step ${index + 1}: ${parts.join(", ")}, after ${Math.round(step.elapsed_ms)} ms.`;
}

/** From which step on a position keeps its token; infinite for one that ends up masked. */
function settledFrom(steps: readonly Step[]): (hole: number, at: number) => number {
  const last = steps.at(-1);
  return (hole, at) => {
    const final = last?.ids[hole]?.[at];
    if (final === undefined) return Number.POSITIVE_INFINITY;
    let from = Number.POSITIVE_INFINITY;
    for (let index = steps.length - 1; index >= 0; index--) {
      const step = steps[index];
      if (step?.states[hole]?.[at] !== "COMMITTED" || step.ids[hole]?.[at] !== final) break;
      from = index;
    }
    return from;
  };
}
