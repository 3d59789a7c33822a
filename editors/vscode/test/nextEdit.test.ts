import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptedPlaces, hint, nextEditOf, remaining } from "../src/nextedit/nextEdit.ts";
import type { InlineEdit } from "../src/protocol.ts";

function edit(line: number, more: Partial<InlineEdit> = {}): InlineEdit {
  const at = { line, character: 0 };
  return {
    text: "x",
    textDocument: { uri: "file:///a.py", version: 3 },
    range: { start: at, end: at },
    command: { title: "Accept", command: "midfill.accept", arguments: ["7.0"] },
    ...more,
  };
}

test("nothing proposed is null", () => {
  assert.equal(nextEditOf(null), null);
  assert.equal(nextEditOf({ edits: [], midfill: { reason: "EMPTY" } }), null);
});

test("the kind is read from the edits or from the result; without one they are alternatives", () => {
  assert.equal(nextEditOf({ edits: [edit(0)] })?.kind, "alternatives");
  assert.equal(nextEditOf({ edits: [edit(0)], midfill: { kind: "atomic" } })?.kind, "atomic");
  assert.equal(
    nextEditOf({ edits: [edit(0, { midfill: { kind: "sequence" } })] })?.kind,
    "sequence",
  );
});

test("the id comes with the edits or with their command", () => {
  assert.equal(nextEditOf({ edits: [edit(0)] })?.id, "7.0");
  assert.equal(nextEditOf({ edits: [edit(0, { midfill: { id: "8.1" } })] })?.id, "8.1");
});

test("one key makes all places, or the chosen one", () => {
  const edits = [edit(0), edit(4), edit(9)];
  const lines = (kind: "atomic" | "sequence" | "alternatives", chosen: number) => {
    const read = nextEditOf({ edits, midfill: { kind } });
    assert.ok(read);
    return acceptedPlaces(read, chosen).map((place) => place.range.start.line);
  };
  assert.deepEqual(lines("atomic", 1), [0, 4, 9]);
  assert.deepEqual(lines("sequence", 2), [9]);
  assert.deepEqual(lines("alternatives", 1), [4]);
});

test("of a sequence the other places are left, where they are in the new text", () => {
  const at = (line: number, from: number, to: number) => ({
    range: { start: { line, character: from }, end: { line, character: to } },
  });
  const edits = [edit(0, at(1, 4, 6)), edit(0, { ...at(1, 8, 9), text: "a\nbc" })];
  const read = nextEditOf({
    edits: [...edits, edit(0, at(1, 12, 14)), edit(7)],
    midfill: { kind: "sequence" },
  });
  assert.ok(read);
  const rest = remaining(read, 1, 4);
  assert.deepEqual(
    rest?.places.map(({ range: { start, end } }) => [start.line, start.character, end.character]),
    [
      [1, 4, 6],
      [2, 5, 7],
      [8, 0, 0],
    ],
  );
  assert.ok(rest.places.every((place) => place.version === 4));
  assert.equal(rest.command, undefined, "it was accepted already");
  assert.equal(remaining({ ...read, kind: "alternatives" }, 1, 4), null);
  assert.equal(remaining({ ...read, places: read.places.slice(0, 1) }, 0, 4), null);
});

test("the hint says what the key will do", () => {
  const read = nextEditOf({ edits: [edit(0), edit(4)], midfill: { kind: "atomic" } });
  assert.ok(read);
  assert.equal(hint(read, 0), "Tab to apply all 2 places");
  assert.equal(hint({ ...read, kind: "alternatives" }, 1), "Tab to apply, 2 of 2");
});
