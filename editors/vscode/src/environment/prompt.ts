/** Asks before anything is installed, and shows how it goes. */

import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import {
  type ExtensionContext,
  type LogOutputChannel,
  ProgressLocation,
  Uri,
  window,
  workspace,
} from "vscode";
import { ProgramFailed } from "../process.ts";
import { SECTION, setting } from "../settings.ts";
import { findPython, install, pythonCandidates, wheelIn } from "./create.ts";
import { candidates, findServers, type Server } from "./find.ts";

const DO_NOT_ASK = "midfill.doNotAskToInstall";

/** Finds the server, or makes an environment with it when the user says so. */
export class ServerSetup {
  constructor(
    private readonly context: ExtensionContext,
    private readonly log: LogOutputChannel,
  ) {}

  /** The server that `find` will most likely begin with, if one look says that it is there. */
  likely(): Server | undefined {
    const [first] = candidates(setting("server.path", ""), this.folder);
    return first !== undefined && isAbsolute(first.program) && existsSync(first.program)
      ? first
      : undefined;
  }

  /** The servers that are installed, the best first; what the setting names must be there. */
  find(): Promise<Server[]> {
    return findServers(candidates(setting("server.path", ""), this.folder));
  }

  /** Ask whether to install the server; null when the user does not want to. */
  async offer(): Promise<Server | null> {
    if (this.context.globalState.get(DO_NOT_ASK, false)) return null;
    const answer = await window.showInformationMessage(
      "Midfill needs its language server, which runs on this machine alone. " +
        "Install it into a Python environment of its own (about 350 MB)?",
      "Install",
      "From a Wheel…",
      "Use an Executable…",
      "Do Not Ask Again",
    );
    if (answer === "Install") return this.install();
    if (answer === "From a Wheel…") return this.installFromWheel();
    if (answer === "Use an Executable…") return this.useExecutable();
    if (answer !== undefined) await this.context.globalState.update(DO_NOT_ASK, true);
    return null;
  }

  /** Install without asking again; null when it was cancelled or failed, which is told. */
  async install(wheels?: string): Promise<Server | null> {
    const chosen = wheels ?? (setting("server.wheels", "") || (await this.wheelBeside()));
    const python = await findPython(pythonCandidates(setting("server.python", "")));
    if (python === null) {
      void window.showErrorMessage(
        "Midfill found no Python 3.10 or newer with venv and pip. " +
          "Install one, or name one in the setting midfill.server.python.",
      );
      return null;
    }
    const { version } = this.context.extension.packageJSON;
    const wanted = { python, folder: this.folder, version, wheels: chosen };
    try {
      return await window.withProgress(
        {
          location: ProgressLocation.Notification,
          title: "Midfill: installing the server",
          cancellable: true,
        },
        async (progress, token) => {
          const abort = new AbortController();
          token.onCancellationRequested(() => abort.abort());
          const report = (message: string) => {
            this.log.info(message);
            progress.report({ message });
          };
          const program = await install(wanted, report, abort.signal);
          return { program, origin: "managed" } as const;
        },
      );
    } catch (error) {
      if (!(error instanceof ProgramFailed)) throw error;
      this.log.error(error.message, error.output);
      void window
        .showErrorMessage(`Midfill was not installed: ${error.message}`, "Show Log")
        .then((answer) => answer === "Show Log" && this.log.show());
      return null;
    }
  }

  /** Ask for a wheel and install it. */
  async installFromWheel(): Promise<Server | null> {
    const chosen = await window.showOpenDialog({
      title: "A wheel of midfill",
      filters: { Wheels: ["whl"] },
    });
    const [wheel] = chosen ?? [];
    return wheel === undefined ? null : this.install(wheel.fsPath);
  }

  /** Ask for an executable and remember it in the settings. */
  async useExecutable(): Promise<Server | null> {
    const chosen = await window.showOpenDialog({ title: "The midfill executable" });
    const [program] = chosen ?? [];
    if (program === undefined) return null;
    await workspace.getConfiguration(SECTION).update("server.path", program.fsPath, true);
    return { program: program.fsPath, origin: "setting" };
  }

  private get folder(): string {
    return Uri.joinPath(this.context.globalStorageUri, "server").fsPath;
  }

  /** An extension can be delivered with the wheel in its folder `server`. */
  private async wheelBeside(): Promise<string> {
    return (await wheelIn(Uri.joinPath(this.context.extensionUri, "server").fsPath)) ?? "";
  }
}
