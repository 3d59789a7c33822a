import assert from "node:assert/strict";
import { test } from "node:test";
import { serverLog } from "../src/serverLog.ts";

test("lines keep their level, and what follows them belongs to them", () => {
  const written: string[] = [];
  const at = (level: string) => (message: string) => written.push(`${level}: ${message}`);
  const read = serverLog({
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  });
  for (const line of [
    "before any level",
    "2026-11-25 20:31:54,815 INFO lsp_server.channel: engine process started",
    "2026-11-25 20:31:54,848 ERROR lsp_server.language_server: KeyError",
    '  File "server.py", line 1',
    "2026-11-25 20:31:55,001 WARNING lsp_server.logs: slow",
  ]) {
    read(line);
  }
  assert.deepEqual(written, [
    "info: before any level",
    "info: lsp_server.channel: engine process started",
    "error: lsp_server.language_server: KeyError",
    'error:   File "server.py", line 1',
    "warn: lsp_server.logs: slow",
  ]);
});
