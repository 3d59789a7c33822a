/** Looks for a server that is already installed. Knows no editor, and starts nothing: that takes time. */

import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { ProgramFailed, run } from "../process.ts";
import { versionIn } from "../version.ts";

/** Where a server's executable was found. */
export type Origin = "setting" | "managed" | "path";

/** An executable that is there. Whether it is a server shows when it is started. */
export interface Server {
  readonly program: string;
  readonly origin: Origin;
}

/** The places to look at, in order; a setting excludes the others. */
export function candidates(setting: string, managedFolder: string): Server[] {
  if (setting !== "") return [{ program: setting, origin: "setting" }];
  return [
    { program: executable(managedFolder, "midfill"), origin: "managed" },
    { program: "midfill", origin: "path" },
  ];
}

/** The candidates that are there, with their whole paths. A setting that names nothing is an error. */
export async function findServers(
  places: readonly Server[],
  path = process.env["PATH"] ?? "",
): Promise<Server[]> {
  const found: Server[] = [];
  for (const place of places) {
    const program = await whole(place.program, path);
    if (program !== null) found.push({ ...place, program });
    else if (place.origin === "setting") throw noServer(place.program);
  }
  return found;
}

/** Whether a program that did not start is a server at all; what a setting names must be one. */
export async function isServer({ program, origin }: Server): Promise<boolean> {
  try {
    if (versionIn((await run([program, "--version"])).output) !== undefined) return true;
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error;
  }
  if (origin === "setting") throw noServer(program);
  return false;
}

/** The path of a program in a virtual environment. */
export function executable(folder: string, name: string, platform = process.platform): string {
  return platform === "win32" ? join(folder, "Scripts", `${name}.exe`) : join(folder, "bin", name);
}

async function whole(program: string, path: string): Promise<string | null> {
  const places = /[\\/]/.test(program)
    ? [program]
    : path.split(delimiter).map((folder) => join(folder, program));
  const endings = process.platform === "win32" ? ["", ".exe"] : [""];
  for (const place of places.flatMap((each) => endings.map((ending) => each + ending))) {
    if (await isExecutable(place)) return place;
  }
  return null;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function noServer(program: string): ProgramFailed {
  return new ProgramFailed(
    program,
    "is no midfill executable: correct or clear the setting midfill.server.path",
  );
}
