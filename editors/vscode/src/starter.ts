/** Starts the server that is installed, and says what is wrong when none runs. */

import { commands, type ExtensionContext, type LogOutputChannel, window } from "vscode";
import type { Connection } from "./connection.ts";
import type { Server } from "./environment/find.ts";
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

  /** Start, or start anew; one start after the other, whatever asks for them. */
  start(): Promise<void> {
    const started = this.last.then(() => this.startNow());
    // Whoever asked sees the error; the next start has nothing to do with it.
    this.last = started.catch(() => undefined);
    return started;
  }

  private async startNow(): Promise<void> {
    try {
      const server = await this.setup.find();
      if (server !== null) await this.run(server);
      else await this.offer();
    } catch (error) {
      if (!(error instanceof ProgramFailed)) throw error;
      this.connection.fail(error.message);
      this.tell(error.message);
    }
  }

  /** Install the server into its own environment, whatever is there. */
  async install(): Promise<void> {
    await this.connection.stop();
    const server = (await this.setup.install()) ?? (await this.setup.find());
    if (server !== null) await this.run(server);
    else this.connection.miss();
  }

  /** Not awaited by the start: the editor waits for no answer to a question. */
  private async offer(): Promise<void> {
    this.connection.miss();
    void this.setup.offer().then((server) => server && this.run(server));
  }

  private async run(server: Server): Promise<void> {
    this.log.info(`starting ${server.program} (${server.version ?? "version unknown"})`);
    try {
      await this.connection.start(server);
    } catch (error) {
      // The language client throws whatever the transport threw.
      const message = error instanceof Error ? error.message : String(error);
      this.connection.fail(message);
      this.tell(`Midfill's server did not start: ${message}`);
      return;
    }
    await commands.executeCommand("setContext", "midfill.active", true);
    this.compareVersions(server);
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
