/** Draws a mask plan over the source it was made for. Knows no editor. */

import type { Plan } from "./record.ts";

/** A piece of a line: code that stays, or a part of hole number `hole`. */
export interface Segment {
  readonly text: string;
  readonly kind: "code" | "hole" | "rest";
  readonly hole?: number;
}

/** A line of the source; `number` counts from 1. A gap stands for lines left out. */
export type PlanLine =
  | { readonly number: number; readonly segments: readonly Segment[] }
  | { readonly gap: number };

interface Mark {
  readonly start: number;
  readonly end: number;
  readonly kind: "hole" | "rest";
  readonly hole?: number;
}

const CONTEXT_LINES = 3;
const MAX_WIDTH = 240;

/** The lines with holes and a few around them, in order; empty for a plan without holes. */
export function drawPlan(text: string, plan: Plan): PlanLine[] {
  const marks = marksOf(plan);
  const lines = linesOf(text);
  const wanted = new Set<number>();
  for (const mark of marks) {
    for (const [index, line] of lines.entries()) {
      if (mark.start > line.end || mark.end < line.start) continue;
      for (let near = index - CONTEXT_LINES; near <= index + CONTEXT_LINES; near++) {
        wanted.add(near);
      }
    }
  }
  const drawn: PlanLine[] = [];
  let previous = -1;
  for (const [index, line] of lines.entries()) {
    if (!wanted.has(index)) continue;
    if (previous >= 0 && index > previous + 1) drawn.push({ gap: index - previous - 1 });
    drawn.push({ number: index + 1, segments: segmentsOf(line, marks) });
    previous = index;
  }
  return drawn;
}

function marksOf(plan: Plan): Mark[] {
  const marks: Mark[] = plan.holes.map((hole, index) => ({
    start: hole.start_byte,
    end: hole.end_byte,
    kind: "hole",
    hole: index,
  }));
  if (plan.rest !== undefined && plan.rest.end_byte > plan.rest.start_byte) {
    marks.push({ start: plan.rest.start_byte, end: plan.rest.end_byte, kind: "rest" });
  }
  return marks.sort((left, right) => left.start - right.start);
}

interface Line {
  /** Bytes of the line without its end, and where they lie in the text. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

function linesOf(text: string): Line[] {
  let start = 0;
  return text.split(/(\r\n|\r|\n)/).flatMap((piece, index) => {
    const bytes = Buffer.from(piece);
    const line = { bytes, start, end: start + bytes.length };
    start = line.end;
    return index % 2 === 0 ? [line] : [];
  });
}

function segmentsOf(line: Line, marks: readonly Mark[]): Segment[] {
  const segments: Segment[] = [];
  const push = (start: number, end: number, rest: Omit<Segment, "text">) => {
    const text = line.bytes.subarray(start - line.start, end - line.start).toString();
    segments.push({ text: text.slice(0, MAX_WIDTH), ...rest });
  };
  let at = line.start;
  for (const mark of marks) {
    const start = Math.max(mark.start, line.start);
    const end = Math.min(mark.end, line.end);
    // An empty hole is drawn too: it is where something is to be written.
    if (start > end || start < at || (start === end && mark.start !== mark.end)) continue;
    if (start > at) push(at, start, { kind: "code" });
    push(start, end, {
      kind: mark.kind,
      ...(mark.hole !== undefined && { hole: mark.hole }),
    });
    at = end;
  }
  if (at < line.end) push(at, line.end, { kind: "code" });
  return segments;
}
