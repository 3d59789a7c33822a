import assert from "node:assert/strict";
import { test } from "node:test";
import { drawPlan, type PlanLine } from "../src/trace/plan.ts";
import type { Plan } from "../src/trace/record.ts";

function plan(...spans: [number, number][]): Plan {
  const holes = spans.map(([start_byte, end_byte]) => ({
    start_byte,
    end_byte,
    kind: "expression",
    reason: "test",
  }));
  return { holes, reason: "test" };
}

/** Holes in brackets, one string a line. */
function shown(lines: readonly PlanLine[]): string[] {
  return lines.map((line) =>
    "gap" in line
      ? `…${line.gap}`
      : `${line.number}:${line.segments.map((each) => (each.kind === "code" ? each.text : `[${each.text}]`)).join("")}`,
  );
}

test("an empty hole is drawn where something is to be written", () => {
  assert.deepEqual(shown(drawPlan("a = \nb", plan([4, 4]))), ["1:a = []", "2:b"]);
});

test("offsets are bytes, whatever the characters", () => {
  const text = "# 😀é漢\nx = y";
  const start = Buffer.byteLength("# 😀é漢\nx = ");
  assert.deepEqual(shown(drawPlan(text, plan([start, start + 1]))), ["1:# 😀é漢", "2:x = [y]"]);
});

test("a hole over several lines is drawn in each of them", () => {
  assert.deepEqual(shown(drawPlan("abc\r\ndef\r\nghi", plan([1, 11]))), [
    "1:a[bc]",
    "2:[def]",
    "3:[g]hi",
  ]);
});

test("lines that have nothing to do with it are left out", () => {
  const text = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`).join("\n");
  const at = Buffer.byteLength(text.slice(0, text.indexOf("line 20")));
  const lines = shown(drawPlan(text, plan([0, 4], [at, at])));
  assert.deepEqual(lines.slice(0, 5), ["1:[line] 1", "2:line 2", "3:line 3", "4:line 4", "…12"]);
  assert.equal(lines.at(-1), "23:line 23");
});

test("the rest of the line that stays is marked", () => {
  const rest = { start_byte: 4, end_byte: 5 };
  const lines = drawPlan("f(x,)", { ...plan([4, 4]), rest });
  assert.deepEqual(shown(lines), ["1:f(x,[][)]"]);
});
