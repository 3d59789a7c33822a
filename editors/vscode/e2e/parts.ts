/** Where the parts of a scenario are: `ci.sh` names them in the environment. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Executables, the package to install, and a folder for everything that a run writes. */
export interface Parts {
  readonly codeServer: string;
  readonly chromium: string;
  readonly midfill: string;
  readonly vsix: string;
  readonly folder: string;
}

// Set to keep what a run leaves: pictures, logs, the editor's data.
const KEPT = "MIDFILL_E2E_FOLDER";

/** Read the environment; `vsix` names the variable of the package. */
export function partsOfEnvironment(vsix: string): Parts {
  return {
    codeServer: read("CODE_SERVER"),
    chromium: read("CHROMIUM"),
    midfill: read("MIDFILL"),
    vsix: read(vsix),
    folder: folderFor(vsix.toLowerCase()),
  };
}

/** Remove what a run has left, unless it was to be kept. */
export function removeParts(parts: Parts): void {
  if (process.env[KEPT] === undefined) rmSync(parts.folder, { recursive: true, force: true });
}

function folderFor(name: string): string {
  const kept = process.env[KEPT];
  if (kept === undefined) return mkdtempSync(join(tmpdir(), "midfill-e2e-"));
  mkdirSync(join(kept, name), { recursive: true });
  return join(kept, name);
}

function read(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} must be set: run ci.sh`);
  return value;
}
