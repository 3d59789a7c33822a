import assert from "node:assert/strict";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { ServerProcess } from "../src/serverProcess.ts";

const ECHO = "process.stdin.on('data', (data) => process.stdout.write(process.cwd() + ' ' + data))";

test("a process is talked to long after it was started", async () => {
  const server = new ServerProcess(process.execPath, ["-e", ECHO], tmpdir());
  await server.started;
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { stdin, stdout } = await server.started;
  stdin?.write("hello");
  assert.ok(stdout);
  const [said] = await once(stdout, "data");
  assert.equal(String(said), `${tmpdir()} hello`);
  server.end(0);
});

test("a folder that is gone does not keep it from starting", async () => {
  const server = new ServerProcess(process.execPath, ["-e", ""], "/no/such/folder");
  assert.deepEqual(await once(await server.started, "exit"), [0, null]);
});

test("a program that is not there is told to who asks for it", async () => {
  const server = new ServerProcess("/no/such/program", [], undefined);
  await assert.rejects(server.started, /ENOENT/);
});

test("what does not end by itself is ended", async () => {
  const waits = "setInterval(() => {}, 1000)";
  const server = new ServerProcess(process.execPath, ["-e", waits], tmpdir());
  const child = await server.started;
  server.end(100);
  assert.deepEqual(await once(child, "exit"), [null, "SIGTERM"]);
});
