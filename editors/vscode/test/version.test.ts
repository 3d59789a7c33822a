import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, mismatch, versionIn } from "../src/version.ts";

test("one version is no mismatch", () => {
  assert.equal(mismatch("0.1.0", "0.1.0"), null);
});

test("an older server is to be updated, a newer one asks for a newer extension", () => {
  const older = mismatch("0.2.0", "0.1.9");
  assert.equal(older?.isServerOlder, true);
  assert.match(older.message, /pip install midfill==0\.2\.0/);
  const newer = mismatch("0.9.0", "0.10.0");
  assert.equal(newer?.isServerOlder, false);
  assert.match(newer.message, /update the extension/);
});

test("a server without a version is told from a right one", () => {
  assert.match(mismatch("0.1.0", undefined)?.message ?? "", /does not tell its version/);
});

test("versions are compared by their numbers", () => {
  assert.ok(compare("0.10.0", "0.9.9") > 0);
  assert.ok(compare("1.0", "1.0.1") < 0);
  assert.equal(compare("1.0", "1.0.0"), 0);
});

test("the version is found in what the command prints", () => {
  assert.equal(versionIn("midfill 0.1.0\n"), "0.1.0");
  assert.equal(versionIn("command not found"), undefined);
});
