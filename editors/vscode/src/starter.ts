/** Starts the server that is installed, and says what is wrong when none runs. */

import { commands, type ExtensionContext, type LogOutputChannel, window } from "vscode";
import type { Connection } from "./connection.ts";
import { isServer, type Server } from "./environment/find.ts";
import { ServerSetup } from "./environment/prompt.ts";
import { ProgramFailed } from "./process.ts";
import { mismatch } from "./version.ts";

/** Finds the server, starts it, and tells the user what is wrong with it. */
export class Starter {
  private readonly setup: ServerSetup;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: ExtensionContext,
    private readonly log: LogOutputChannel,
    private readonly connection: Connection,
  ) {
    this.setup = new ServerSetup(context, log);
  }

  /** Start the likely server's process, before anything else is done. */
  startAhead(): void {
    const likely = this.setup.likely();
    if (likely !== undefined) this.connection.startAhead(likely);
  }

  /** Start, or start anew; one start after the other, whatever asks for them. */
  start(): Promise<void> {
    const started = this.last.then(() => this.startNow());
    // Whoever asked sees the error; the next start has nothing to do with it.
    this.last = started.catch(() => undefined);
    return started;
  }

  private startNow(): Promise<void> {
    return this.telling(async () => {
      for (const server of await this.setup.find()) if (await this.run(server)) return;
      this.offer();
    });
  }

  /** Install the server into its own environment, whatever is there. */
  install(): Promise<void> {
    return this.telling(async () => {
      await this.connection.stop();
      const installed = await this.setup.install();
      const servers = installed === null ? await this.setup.find() : [installed];
      for (const server of servers) if (await this.run(server)) return;
      this.connection.miss();
    });
  }

  /** Nobody waits for the answer to a question. */
  private offer(): void {
    this.connection.miss();
    void this.telling(async () => {
      const server = await this.setup.offer();
      if (server !== null) await this.run(server);
    });
  }

  private async telling(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ProgramFailed)) throw error;
      this.connection.fail(error.message);
      this.tell(error.message);
    }
  }

  /** Start it, and say so when that fails; false when it is no server at all. */
  private async run(server: Server): Promise<boolean> {
    this.log.info(`starting ${server.program}`);
    try {
      await this.connection.start(server);
    } catch (error) {
      if (!(await isServer(server))) return false;
      // The language client throws whatever the transport threw.
      const message = error instanceof Error ? error.message : String(error);
      this.connection.fail(message);
      this.tell(`Midfill's server did not start: ${message}`);
      return true;
    }
    await commands.executeCommand("setContext", "midfill.active", true);
    this.compareVersions(server);
    return true;
  }

  private compareVersions(server: Server): void {
    const { version } = this.context.extension.packageJSON;
    const wrong = mismatch(version, this.connection.serverVersion);
    if (wrong === null) return;
    this.log.warn(wrong.message);
    const update = wrong.isServerOlder && server.origin === "managed" ? ["Update the Server"] : [];
    void window.showWarningMessage(wrong.message, ...update).then((answer) => {
      if (answer !== undefined) void this.install();
    });
  }

  private tell(message: string): void {
    this.log.error(message);
    void window.showErrorMessage(message, "Open Settings", "Show Log").then((answer) => {
      if (answer === "Show Log") this.log.show();
      else if (answer !== undefined) {
        void commands.executeCommand("workbench.action.openSettings", "midfill.server");
      }
    });
  }
}
