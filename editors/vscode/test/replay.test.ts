import assert from "node:assert/strict";
import { test } from "node:test";
import type { PositionState, Step, TraceRecord } from "../src/trace/record.ts";
import {
  addedText,
  type Cell,
  frames,
  glyph,
  holeText,
  numHealed,
  widths,
} from "../src/trace/replay.ts";
import { stages } from "../src/trace/timings.ts";

const M: PositionState = "MASKED";
const C: PositionState = "COMMITTED";

function step(
  texts: string[],
  states: PositionState[],
  changes: { committed?: [number, number][]; remasked?: [number, number][] } = {},
): Step {
  return {
    ids: [texts.map((text) => text.length)],
    texts: [texts],
    states: [states],
    p: [texts.map(() => 0.5)],
    committed: changes.committed ?? [],
    remasked: changes.remasked ?? [],
    forwards: 1,
    elapsed_ms: 12.4,
  };
}

function record(...steps: Step[]): TraceRecord {
  return {
    id: "1",
    uri: "file:///a.py",
    plan: { holes: [], reason: "" },
    steps,
    timings_ms: {},
    outcome: {
      outcome: "proposal",
      reason: null,
      detail: "",
      text: "",
      edits: [],
      token_confidence: [],
      confidence: 1,
      steps: steps.length,
      forwards: 1,
      model: "scripted",
    },
  };
}

test("nothing denoised is no frame", () => {
  assert.deepEqual(frames(record()), []);
});

test("the first frame is the canvas before the first step", () => {
  const [before] = frames(record(step(["a", ""], [C, M], { committed: [[0, 0]] })));
  assert.equal(holeText(before?.holes[0] ?? []), "░░");
  assert.match(before?.summary ?? "", /2 masked positions in one hole/);
});

test("a token is final from the step on after which it never changes", () => {
  const played = frames(
    record(
      step(["ab", "x"], [C, C], {
        committed: [
          [0, 0],
          [0, 1],
        ],
      }),
      step(["ab", ""], [C, M], { remasked: [[0, 1]] }),
      step(["ab", "yyy"], [C, C], { committed: [[0, 1]] }),
    ),
  );
  const states = played.map((frame) => frame.holes[0]?.map((cell) => cell.state).join(" "));
  assert.deepEqual(states, [
    "masked masked",
    "settled committed",
    "settled masked",
    "settled settled",
  ]);
  assert.equal(played[2]?.holes[0]?.[1]?.change, "remasked");
  assert.match(played[2]?.summary ?? "", /^Step 2: 0 committed, 1 remasked, 1 still masked/);
});

test("a position that a cut canvas no longer has is never final", () => {
  const played = frames(record(step(["a", "b"], [C, C]), step(["a"], [C])));
  assert.deepEqual(
    played[1]?.holes[0]?.map((cell) => cell.state),
    ["settled", "committed"],
  );
});

test("what has no glyph of its own gets one", () => {
  const cell = { id: 1, p: 1, state: "settled", change: "none" } as const;
  assert.equal(glyph({ ...cell, text: " \n\tx" }), "·⏎⇥x");
  assert.equal(glyph({ ...cell, text: "" }), "∎");
});

test("stages are shares of the whole, with what none accounts for", () => {
  assert.deepEqual(stages({ prefill: 30, denoise: 60, total: 100 }), [
    { name: "prefill", ms: 30, share: 0.3 },
    { name: "denoise", ms: 60, share: 0.6 },
    { name: "other", ms: 10, share: 0.1 },
  ]);
  assert.deepEqual(stages({}), []);
});

test("rows are as wide as the widest canvas", () => {
  assert.deepEqual(widths(frames(record(step(["a", "b"], [C, C]), step(["a"], [C])))), [2]);
  assert.deepEqual(widths([]), []);
});

test("what was typed of a word is not shown a second time", () => {
  const cells = ["pri", "ces", ")", ""].map(
    (text): Cell => ({ text, id: 1, p: 1, state: "settled", change: "none" }),
  );
  assert.equal(numHealed(cells, "return sum(pri"), 1);
  assert.equal(numHealed(cells, "return sum(prices"), 2);
  assert.equal(numHealed(cells, "return sum("), 0);
  assert.equal(numHealed(cells, "return sum(pric"), 1);
  assert.equal(numHealed([], "x"), 0);
});

test("what is added behind what was typed shrinks to that, masks too", () => {
  const [masked, first, final] = ["░░░", "pri░░", "prices)"].map((text) =>
    [text.slice(0, 3), text.slice(3)].map(
      (part): Cell => ({
        text: part.replaceAll("░", ""),
        id: 1,
        p: 1,
        state: part === "" || part.includes("░") ? "masked" : "settled",
        change: "none",
      }),
    ),
  );
  assert.ok(masked && first && final);
  assert.equal(addedText(masked, final, "sum("), "░░");
  assert.equal(addedText(masked, final, "sum(pri"), "░");
  assert.equal(addedText(first, final, "sum(pri"), "░");
  assert.equal(addedText(final, final, "sum(pri"), "ces)");
  assert.equal(addedText(final, final, "sum(price"), "s)");
  assert.equal(addedText(masked, final, "sum(price"), "░");
});
