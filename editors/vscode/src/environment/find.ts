/** Looks for a server that is already installed. Knows no editor. */

import { join } from "node:path";
import { ProgramFailed, run } from "../process.ts";
import { versionIn } from "../version.ts";

/** Where a server's executable was found. */
export type Origin = "setting" | "managed" | "path";

/** An executable that answered `--version`. */
export interface Server {
  readonly program: string;
  readonly version: string | undefined;
  readonly origin: Origin;
}

/** One place to look at. */
export interface Candidate {
  readonly program: string;
  readonly origin: Origin;
}

/** The places to look at, in order; a setting excludes the others. */
export function candidates(setting: string, managedFolder: string): Candidate[] {
  if (setting !== "") return [{ program: setting, origin: "setting" }];
  return [
    { program: executable(managedFolder, "midfill"), origin: "managed" },
    { program: "midfill", origin: "path" },
  ];
}

/** The first candidate that runs, or null. A setting that does not run is an error. */
export async function findServer(places: readonly Candidate[]): Promise<Server | null> {
  for (const place of places) {
    const server = await probe(place);
    if (server !== null) return server;
    if (place.origin === "setting") {
      throw new ProgramFailed(
        place.program,
        "is no midfill executable: correct or clear the setting midfill.server.path",
      );
    }
  }
  return null;
}

/** The path of a program in a virtual environment. */
export function executable(folder: string, name: string, platform = process.platform): string {
  return platform === "win32" ? join(folder, "Scripts", `${name}.exe`) : join(folder, "bin", name);
}

async function probe(place: Candidate): Promise<Server | null> {
  try {
    const ended = await run([place.program, "--version"]);
    return ended.code === 0 ? { ...place, version: versionIn(ended.output) } : null;
  } catch (error) {
    if (error instanceof ProgramFailed) return null;
    throw error;
  }
}
