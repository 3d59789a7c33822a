/** Makes real environments with the real pip, from a small wheel that is built here. */

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import {
  type Command,
  findPython,
  install,
  progressOf,
  pythonCandidates,
  wheelIn,
} from "../src/environment/create.ts";
import { candidates, executable, findServers, isServer } from "../src/environment/find.ts";
import { mustRun, ProgramFailed } from "../src/process.ts";

const VERSION = "9.8.7";
// A wheel is a zip with three files of metadata: this one needs nothing and prints its version.
const BUILD_WHEEL = `
import sys, zipfile
name, version, folder = "midfill", sys.argv[1], sys.argv[2]
info = f"{name}-{version}.dist-info"
with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as wheel:
    wheel.writestr("midfill_toy.py", f"def main():\\n    print('midfill {version}')\\n")
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\\nmidfill = midfill_toy:main\\n")
    wheel.writestr(f"{info}/RECORD", "")
`;

let folder: string;
let python: Command;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "midfill-environment-"));
  const found = await findPython(pythonCandidates(""));
  assert.ok(found, "no Python 3.10 or newer");
  python = found;
  await mustRun([...python, "-c", BUILD_WHEEL, VERSION, folder]);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test("a server is installed from the wheels at hand, without an index, and found again", async () => {
  const target = join(folder, "server");
  const said: string[] = [];
  const wanted = { python, folder: target, version: VERSION, wheels: folder };
  const program = await install(wanted, (message) => said.push(message));
  assert.equal(program, executable(target, "midfill"));
  assert.equal(said[0], "creating a Python environment");
  assert.ok(said.includes("installing from the wheels at hand"));
  assert.ok(!said.some((message) => message.includes("index")));
  assert.deepEqual(await findServers(candidates("", target), ""), [{ program, origin: "managed" }]);
  assert.equal(await isServer({ program, origin: "managed" }), true);
});

test("what fails leaves nothing half made, and says what pip said", async () => {
  const target = join(folder, "broken");
  const wheel = join(folder, "midfill-0.0.1-py3-none-any.whl");
  writeFileSync(wheel, "no zip");
  const wanted = { python, folder: target, version: "0.0.1", wheels: wheel };
  await assert.rejects(
    install(wanted, () => {}),
    ProgramFailed,
  );
  assert.equal(existsSync(target), false);
  rmSync(wheel);
});

test("a cancelled installation leaves nothing", async () => {
  const target = join(folder, "cancelled");
  const wanted = { python, folder: target, version: VERSION, wheels: folder };
  const abort = new AbortController();
  await assert.rejects(
    install(wanted, () => abort.abort(), abort.signal),
    ProgramFailed,
  );
  assert.equal(existsSync(target), false);
});

test("the newest wheel of a folder is taken", async () => {
  assert.equal(await wheelIn(folder), join(folder, `midfill-${VERSION}-py3-none-any.whl`));
  assert.equal(await wheelIn(join(folder, "nowhere")), null);
});

test("a path with nothing there is an error when the user named it, and no server otherwise", async () => {
  const nowhere = join(folder, "no-midfill");
  await assert.rejects(findServers(candidates(nowhere, folder)), /midfill\.server\.path/);
  assert.deepEqual(await findServers([{ program: nowhere, origin: "managed" }]), []);
});

test("a program without a folder is looked for in PATH", async () => {
  const bin = join(folder, "server", "bin");
  const onPath = { program: "midfill", origin: "path" } as const;
  const path = [join(folder, "nowhere"), bin].join(delimiter);
  assert.deepEqual(await findServers([onPath], path), [
    { ...onPath, program: join(bin, "midfill") },
  ]);
  assert.deepEqual(await findServers([onPath], join(folder, "nowhere")), []);
});

test("a program that is something else is an error when the user named it, and no server otherwise", async () => {
  const program = python[0];
  await assert.rejects(isServer({ program, origin: "setting" }), /midfill\.server\.path/);
  assert.equal(await isServer({ program, origin: "managed" }), false);
  assert.equal(await isServer({ program: join(folder, "nowhere"), origin: "path" }), false);
});

test("a Python that does not exist is not chosen", async () => {
  assert.equal(await findPython([[join(folder, "python")]]), null);
  assert.deepEqual(pythonCandidates("", "win32")[0], ["py", "-3"]);
  assert.deepEqual(pythonCandidates("/my/python"), [["/my/python"]]);
});

test("pip's lines become something to read", () => {
  assert.equal(progressOf("Collecting onnxruntime>=1.22 (from midfill)"), "getting onnxruntime");
  assert.equal(progressOf("Processing /a/b/midfill-1.whl"), "reading midfill");
  assert.equal(progressOf("Requirement already satisfied: numpy"), null);
});

test("each reason has an explanation that begins like a sentence", () => {
  const file = new URL("../src/reasons.json", import.meta.url);
  for (const [reason, { short, long }] of Object.entries<{ short: string; long: string }>(
    JSON.parse(readFileSync(file, "utf8")),
  )) {
    assert.match(long, /^[A-Z].*\.$/, reason);
    assert.ok(short.length <= 20, reason);
  }
});
