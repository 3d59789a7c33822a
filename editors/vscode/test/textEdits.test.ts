import assert from "node:assert/strict";
import { test } from "node:test";
import { onlyWritesAt, onOneLine, trimmed, withEdits } from "../src/nextedit/textEdits.ts";

test("all edits are made, wherever they stand in the list", () => {
  const edits = [
    { start: 8, end: 9, text: "" },
    { start: 0, end: 1, text: "AA" },
    { start: 4, end: 4, text: "+" },
  ];
  assert.equal(withEdits("a b c d e", edits), "AA b +c d ");
});

test("what stays the same at both ends is trimmed", () => {
  assert.deepEqual(trimmed({ start: 10, end: 15, text: "total" }, "tidal"), {
    start: 11,
    end: 13,
    text: "ot",
  });
  assert.deepEqual(trimmed({ start: 3, end: 3, text: "new" }, ""), {
    start: 3,
    end: 3,
    text: "new",
  });
});

test("a repeated letter is not trimmed from both ends at once", () => {
  const edit = trimmed({ start: 0, end: 2, text: "aaa" }, "aa");
  assert.equal(withEdits("aa", [edit]), "aaa");
  assert.equal(edit.text, "a");
});

test("no surrogate pair is cut", () => {
  const edit = trimmed({ start: 0, end: 2, text: "😁" }, "😀");
  assert.deepEqual(edit, { start: 0, end: 2, text: "😁" });
  assert.deepEqual(trimmed({ start: 0, end: 4, text: "x😀" }, "y 😀"), {
    start: 0,
    end: 2,
    text: "x",
  });
});

test("a text of several lines says how many are not shown", () => {
  assert.equal(onOneLine("one"), "one");
  assert.equal(onOneLine("one\ntwo"), "one ⏎ … 1 more line");
  assert.equal(onOneLine("one\r\ntwo\nthree"), "one ⏎ … 2 more lines");
});

test("an edit may repeat what stands around the place where it only writes", () => {
  const text = "return sum(pri";
  const whole = { start: 0, end: text.length, text: "return sum(prices)" };
  assert.equal(onlyWritesAt(whole, text, text.length), true);
  assert.equal(onlyWritesAt(whole, text, 3), false);
  assert.equal(onlyWritesAt({ start: 5, end: 5, text: "x" }, "", 5), true);
  assert.equal(onlyWritesAt({ start: 5, end: 5, text: "x" }, "", 6), false);
  assert.equal(onlyWritesAt({ start: 4, end: 6, text: "(x)" }, "()", 5), true);
  assert.equal(onlyWritesAt({ start: 4, end: 6, text: "[x]" }, "()", 5), false);
});
