/** Makes a Python environment with the server in it. Knows no editor. */

import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { mustRun, ProgramFailed, run } from "../process.ts";
import { executable } from "./find.ts";

/** A program with its first arguments: `py -3` is one on Windows. */
export type Command = readonly [string, ...string[]];

/** What to install where. `wheels` is a wheel of midfill or a folder with it, "" for neither. */
export interface Installation {
  readonly python: Command;
  readonly folder: string;
  readonly version: string;
  readonly wheels: string;
}

/** Called with one line for people whenever something new begins. */
export type Report = (message: string) => void;

// The server needs 3.10, and `venv` with pip, which Debian ships apart from Python.
const SUITABLE = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";

const QUIETLY = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"];

/** The Pythons to try when the setting names none. */
export function pythonCandidates(setting: string, platform = process.platform): Command[] {
  if (setting !== "") return [[setting]];
  const names = ["python3.12", "python3.11", "python3.13", "python3.10", "python3", "python"];
  const commands: Command[] = names.map((name) => [name]);
  return platform === "win32" ? [["py", "-3"], ...commands] : commands;
}

/** The first Python that can carry the server, or null. */
export async function findPython(commands: readonly Command[]): Promise<Command | null> {
  for (const command of commands) {
    try {
      if ((await run([...command, "-c", SUITABLE])).code === 0) return command;
    } catch (error) {
      if (!(error instanceof ProgramFailed)) throw error;
    }
  }
  return null;
}

/**
 * Create the environment and install the server; returns its executable.
 *
 * With wheels at hand the network is not used unless they are incomplete. Throws ProgramFailed
 * with what pip said; what was half made is removed.
 */
export async function install(
  wanted: Installation,
  report: Report,
  signal?: AbortSignal,
): Promise<string> {
  try {
    await rm(wanted.folder, { recursive: true, force: true });
    report("creating a Python environment");
    await mustRun([...wanted.python, "-m", "venv", wanted.folder], options(signal));
    await installPackage(wanted, report, signal);
    const program = executable(wanted.folder, "midfill");
    report("trying the server");
    await mustRun([program, "--version"], options(signal));
    return program;
  } catch (error) {
    await rm(wanted.folder, { recursive: true, force: true });
    throw error;
  }
}

async function installPackage(
  wanted: Installation,
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  const python = executable(wanted.folder, "python");
  const pip: Command = [python, "-m", "pip", "install", ...QUIETLY];
  const isFile = wanted.wheels.endsWith(".whl");
  const what = isFile ? wanted.wheels : `midfill==${wanted.version}`;
  const links = isFile ? dirname(wanted.wheels) : wanted.wheels;
  const onLine = (line: string) => {
    const message = progressOf(line);
    if (message !== null) report(message);
  };
  if (links !== "") {
    report("installing from the wheels at hand");
    const offline = await run([...pip, "--no-index", "--find-links", links, what], {
      ...options(signal),
      onLine,
    });
    if (offline.code === 0) return;
    report("some wheels are missing: asking the package index for them");
  }
  const findLinks = links === "" ? [] : ["--find-links", links];
  await mustRun([...pip, ...findLinks, what], { ...options(signal), onLine });
}

/** What a line of pip's output says to a person, or null. */
export function progressOf(line: string): string | null {
  const collecting = /^Collecting ([\w.-]+)/.exec(line);
  if (collecting) return `getting ${collecting[1]}`;
  const processing = /^Processing (.+\.whl)/.exec(line);
  // A wheel's name begins with its package's.
  if (processing) return `reading ${basename(processing[1] ?? "").split("-", 1)[0]}`;
  return line.startsWith("Installing collected packages") ? "installing the packages" : null;
}

/** The wheel of midfill in a folder, or null: an extension can be delivered with one beside it. */
export async function wheelIn(folder: string): Promise<string | null> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const wheel = names
    .filter((name) => /^midfill-.*\.whl$/.test(name))
    .sort()
    .at(-1);
  return wheel === undefined ? null : join(folder, wheel);
}

function options(signal?: AbortSignal): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}
