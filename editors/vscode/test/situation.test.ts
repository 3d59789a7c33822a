import assert from "node:assert/strict";
import { test } from "node:test";
import { type AnsweredRequest, Requests } from "../src/requests.ts";
import { explain, sentence } from "../src/silence.ts";
import { describe, type Situation } from "../src/situation.ts";

function request(more: Partial<AnsweredRequest> = {}): AnsweredRequest {
  return {
    id: "1.0",
    about: "ghost text",
    uri: "file:///a.py",
    line: 0,
    text: "",
    latencyMs: 84.2,
    reason: null,
    detail: "",
    preview: "x",
    ...more,
  };
}

const RUNNING: Situation = {
  phase: "running",
  status: { busy: false, message: "", kind: "Normal" },
  serverVersion: "0.1.0",
  last: request(),
  off: null,
};

test("the bar shows the latency of a proposal and the reason of a silence", () => {
  assert.equal(describe(RUNNING, true).text, "$(sparkle) Midfill 84 ms");
  const silent = { ...RUNNING, last: request({ reason: "LOW_CONFIDENCE", detail: "0.1" }) };
  const look = describe(silent, true);
  assert.equal(look.text, "$(sparkle) Midfill unsure");
  assert.ok(look.lines.some((line) => line.includes("probably wrong") && line.includes("(0.1)")));
  assert.equal(describe(silent, false).text, "$(sparkle) Midfill");
  assert.equal(describe(silent, false).label, "Midfill, unsure");
});

test("a setting that keeps it silent is named", () => {
  const look = describe({ ...RUNNING, off: "midfill.enabled is false here" }, true);
  assert.match(look.lines.join(), /midfill\.enabled is false here/);
});

test("what is wrong is coloured, and said", () => {
  assert.equal(describe({ ...RUNNING, phase: "missing" }, true).severity, "warning");
  assert.equal(describe({ ...RUNNING, phase: "stopped" }, true).severity, "error");
  const status = { busy: false, message: "no model", kind: "Error" } as const;
  assert.match(describe({ ...RUNNING, status }, true).label, /no model/);
});

test("loading is shown until the first answer, not at each key", () => {
  const status = { busy: true, message: "loading", kind: "Normal" } as const;
  assert.match(
    describe({ ...RUNNING, status, last: undefined }, true).text,
    /loading~spin.*loading/,
  );
  assert.match(describe({ ...RUNNING, status }, true).text, /sparkle/);
});

test("a reason that this version does not know is shown in words", () => {
  assert.equal(explain("NOT_TODAY").short, "Not today");
  assert.equal(sentence("NOT_TODAY", "rain"), "Not today. (rain)");
});

test("the last requests are kept, the oldest forgotten first", () => {
  const requests = new Requests();
  const seen: string[] = [];
  const subscription = requests.subscribe((each) => seen.push(each.id));
  for (let number = 0; number < 60; number++) requests.add(request({ id: `${number}.0` }));
  subscription.dispose();
  requests.add(request({ id: "silent", reason: "EMPTY" }));
  assert.equal(requests.all.length, 50);
  assert.equal(seen.length, 60);
  assert.equal(requests.find("59.2")?.id, "59.0");
  assert.equal(requests.find("3.0"), undefined);
  assert.equal(requests.lastSilence?.id, "silent");
  requests.add(request({ id: "edit", about: "next edit" }));
  assert.equal(requests.last?.id, "silent");
});

test("long texts push out older requests, but never the newest", () => {
  const requests = new Requests();
  for (const id of ["a", "b", "c"]) requests.add(request({ id, text: "x".repeat(3_000_000) }));
  assert.deepEqual(
    requests.all.map((each) => each.id),
    ["b", "c"],
  );
  requests.add(request({ id: "d", text: "x".repeat(9_000_000) }));
  assert.deepEqual(
    requests.all.map((each) => each.id),
    ["d"],
  );
});
