/** The server's process: started before anyone talks to it, ended if it does not end. Knows no editor. */

import { type ChildProcess, spawn } from "node:child_process";
import { statSync } from "node:fs";

// What was asked to end has that long for it.
const PATIENCE_MS = 2000;

/** A program that was started; what it prints is kept until someone reads it. */
export class ServerProcess {
  /** Resolves once it runs; rejects when it cannot be started. */
  readonly started: Promise<ChildProcess>;
  readonly program: string;
  private readonly child: ChildProcess;

  /** Start it in `folder`, if that is one. */
  constructor(program: string, args: readonly string[], folder: string | undefined) {
    this.program = program;
    const cwd = folder !== undefined && isFolder(folder) ? { cwd: folder } : {};
    this.child = spawn(program, args, { ...cwd, stdio: "pipe", windowsHide: true });
    this.started = new Promise((resolve, reject) => {
      this.child.once("spawn", () => resolve(this.child));
      this.child.once("error", reject);
    });
    // Nobody may be waiting for it yet.
    this.started.catch(() => undefined);
  }

  /** End it unless it ends by itself soon, as what was told to exit should. */
  end(patienceMs = PATIENCE_MS): void {
    const timer = setTimeout(() => this.child.kill(), patienceMs);
    timer.unref();
    this.child.once("exit", () => clearTimeout(timer));
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
