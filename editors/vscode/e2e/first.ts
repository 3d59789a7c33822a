/**
 * How long a fresh installation takes to its first proposal: nothing cached, the model that ships.
 *
 *     node e2e/first.ts FILE LINE COLUMN     # with the environment that ci.sh makes
 *
 * Prints seconds from the opening of the page with the file. No test: how fast a machine is does
 * not say whether the extension is right.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { partsOfEnvironment, removeParts } from "./parts.ts";
import { Workbench } from "./workbench.ts";

const [file, line, column] = process.argv.slice(2);
assert.ok(file && line && column, "FILE LINE COLUMN");
const parts = partsOfEnvironment("VSIX");
const bench = await Workbench.start(parts, { "midfill.mode": "eager" });
const ghost = bench.page.locator(".view-lines [class*=ghost-text]");
const name = basename(file);
bench.write(name, readFileSync(file, "utf8"));

const started = performance.now();
const seconds: Record<string, string> = {};
const note = (what: string) => {
  seconds[what] = ((performance.now() - started) / 1000).toFixed(1);
};
const opened = bench.open(name).then(() => note("server ready"));
await bench.page.waitForSelector(".monaco-editor .view-line", { timeout: 150_000 });
note("text shown");
await opened;
await bench.goTo(Number(line), Number(column));
note("cursor there");
await bench.page.keyboard.press("Alt+Backslash");
await ghost.first().waitFor({ timeout: 60_000 });
note("proposal shown");
process.stdout.write(`${JSON.stringify(seconds)} ${await bench.ghostText("")}\n`);
await bench.picture("first");
await bench.stop();
removeParts(parts);
