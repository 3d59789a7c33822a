/** What a person does with the extension, in the real editor. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Parts, Workbench } from "./workbench.ts";

const STARTED =
  "def total(prices):\n    return sum(prices) + shipping\n\n\ndef mean(prices):\n    ";
const SCRIPTED = { "midfill.model": "scripted" };

let bench: Workbench;
const parts = partsOfEnvironment();

before(async () => {
  bench = await Workbench.start(parts, SCRIPTED);
  bench.write("totals.py", STARTED);
  await bench.open("totals.py");
  await bench.status(/\$\(sparkle\)|Midfill/);
});

after(async () => {
  await bench?.stop();
  if (process.env["MIDFILL_E2E_FOLDER"] === undefined) {
    rmSync(parts.folder, { recursive: true, force: true });
  }
});

test("ghost text appears while typing, and Tab takes it", async () => {
  await bench.goTo(6, 5);
  await bench.type("return sum(pri");
  assert.equal(await bench.ghostText("ces"), "ces) + shipping");
  await bench.picture("ghost-text");
  await bench.page.keyboard.press("Tab");
  await bench.noGhostText();
  await bench.saved("totals.py", (text) =>
    text.endsWith("def mean(prices):\n    return sum(prices) + shipping"),
  );
});

function partsOfEnvironment(): Parts {
  const read = (name: string): string => {
    const value = process.env[name];
    assert.ok(value, `${name} must be set: run ci.sh`);
    return value;
  };
  return {
    codeServer: read("CODE_SERVER"),
    chromium: read("CHROMIUM"),
    midfill: read("MIDFILL"),
    vsix: read("VSIX"),
    folder: process.env["MIDFILL_E2E_FOLDER"] ?? mkdtempSync(join(tmpdir(), "midfill-e2e-")),
  };
}
