/** Runs programs and collects what they print. Knows no editor. */

import { spawn } from "node:child_process";

/** How a program ended. `code` is null when a signal ended it. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** A program could not be started, or ended with something else than 0. */
export class ProgramFailed extends Error {
  readonly output: string;

  constructor(program: string, reason: string, output = "") {
    const last = lastLine(output);
    super(`${program} ${reason}${last === "" ? "" : `: ${last}`}`);
    this.output = output;
  }
}

/** Run a program to its end; `onLine` sees each line of stdout and stderr as it is printed. */
export function run(
  command: readonly [string, ...string[]],
  options: { signal?: AbortSignal; onLine?: (line: string) => void } = {},
): Promise<Ended> {
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
      ...(options.signal && { signal: options.signal }),
    });
    let output = "";
    let partial = "";
    const collect = (chunk: string) => {
      output += chunk;
      const lines = (partial + chunk).split(/\r?\n/);
      partial = lines.pop() ?? "";
      for (const line of lines) options.onLine?.(line);
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", collect);
    }
    child.on("error", (error) => reject(new ProgramFailed(program, `failed (${error.message})`)));
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** Run a program that must end with 0; returns what it printed. */
export async function mustRun(
  command: readonly [string, ...string[]],
  options: { signal?: AbortSignal; onLine?: (line: string) => void } = {},
): Promise<string> {
  const ended = await run(command, options);
  if (ended.code !== 0) {
    const how = ended.code === null ? "was ended" : `ended with ${ended.code}`;
    throw new ProgramFailed(command[0], how, ended.output);
  }
  return ended.output;
}

function lastLine(output: string): string {
  return output.trimEnd().split(/\r?\n/).at(-1)?.trim() ?? "";
}
