/** The running server: starts it, stops it, and passes on what it tells about itself. */

import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { type Disposable, EventEmitter, type LogOutputChannel, workspace } from "vscode";
import {
  CancellationToken,
  CloseAction,
  type ErrorHandler,
  InlineCompletionRequest,
  LanguageClient,
  type LanguageClientOptions,
  ResponseError,
  State,
} from "vscode-languageclient/node";
import type { Server } from "./environment/find.ts";
import type { GhostText } from "./ghostText.ts";
import { DID_CHANGE_STATUS, type ServerStatus } from "./protocol.ts";
import { Requests } from "./requests.ts";
import { serverLog } from "./serverLog.ts";
import { ServerProcess } from "./serverProcess.ts";
import { SCHEMES, SECTION, serverSettings, setting } from "./settings.ts";

/** How far the server is. */
export type Phase = "missing" | "starting" | "running" | "stopped";

const IDLE: ServerStatus = { busy: false, message: "", kind: "Normal" };
const METHOD_NOT_FOUND = -32601;

/** One server at a time. */
export class Connection implements Disposable {
  readonly requests = new Requests();
  /** Fires when phase, status or server changed. */
  readonly onDidChange;
  /** Fires when the editor begins to ask the server for ghost text. */
  readonly onIsAsked;
  /** Whether it does: the server says when it may be asked. */
  isAsked = false;
  phase: Phase = "missing";
  status: ServerStatus = IDLE;
  server: Server | undefined;
  /** The version that the server itself told. */
  serverVersion: string | undefined;

  private client: LanguageClient | undefined;
  private process: ServerProcess | undefined;
  private ahead: ServerProcess | undefined;
  private readonly changed = new EventEmitter<void>();
  private readonly asked = new EventEmitter<void>();
  private readonly unknownMethods = new Set<string>();

  constructor(
    private readonly log: LogOutputChannel,
    private readonly ghostText: GhostText,
  ) {
    this.onDidChange = this.changed.event;
    this.onIsAsked = this.asked.event;
  }

  /** Start the process of `server` now: its `start` comes when other extensions are done, too. */
  startAhead(server: Server): void {
    this.ahead = newProcess(server);
  }

  /** Start `server`; a running one is stopped first. Rejects when it does not start. */
  async start(server: Server): Promise<void> {
    await this.stop();
    this.server = server;
    const client = this.newClient(server);
    this.client = client;
    client.onDidChangeState(({ newState }) => this.follow(client, newState));
    client.onNotification(DID_CHANGE_STATUS, (status: ServerStatus) => {
      this.status = status;
      this.changed.fire();
    });
    try {
      await client.start();
    } catch (error) {
      if (this.client === client) this.client = undefined;
      await client.dispose();
      throw error;
    }
    this.serverVersion = client.initializeResult?.serverInfo?.version;
    this.changed.fire();
  }

  /** Stop the server, if there is one. */
  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    // A client that never came up has nothing to stop.
    if (client?.state === State.Running) await client.stop();
    await client?.dispose();
    this.process?.end();
    this.process = undefined;
    this.enter("stopped");
  }

  /** No server is installed. */
  miss(): void {
    this.enter("missing");
  }

  /** The server does not start, for a reason that people should see. */
  fail(message: string): void {
    this.enter("stopped");
    this.status = { busy: false, message, kind: "Error" };
    this.changed.fire();
  }

  /** The client, while the server runs. */
  get running(): LanguageClient | undefined {
    return this.phase === "running" ? this.client : undefined;
  }

  /** Ask the server; null when it does not run or does not know the method. */
  async ask<T>(method: string, params: unknown, token?: CancellationToken): Promise<T | null> {
    const client = this.running;
    if (client === undefined || this.unknownMethods.has(method)) return null;
    try {
      // The client counts an undefined token as a second parameter, and sends a list.
      return await (token === undefined
        ? client.sendRequest<T>(method, params)
        : client.sendRequest<T>(method, params, token));
    } catch (error) {
      if (!(error instanceof ResponseError) || error.code !== METHOD_NOT_FOUND) throw error;
      this.unknownMethods.add(method);
      this.log.info(`the server does not know ${method}`);
      return null;
    }
  }

  /** Resolves when no ghost text is being looked for. */
  get quiet(): Promise<unknown> {
    return this.ghostText.answered;
  }

  /** Tell the server something, if it runs. */
  async tell(method: string, params: unknown): Promise<void> {
    await this.running?.sendNotification(method, params);
  }

  dispose(): void {
    this.ahead?.end(0);
    void this.stop();
    this.changed.dispose();
    this.asked.dispose();
  }

  private follow(client: LanguageClient, state: State): void {
    if (client !== this.client) return;
    if (state === State.Starting) this.enter("starting");
    else if (state === State.Running) this.enter("running");
    else this.enter("stopped");
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    if (phase !== "running") {
      // A new server counts its requests from the beginning.
      this.requests.clear();
      this.unknownMethods.clear();
      this.status = IDLE;
      this.isAsked = false;
    }
    this.changed.fire();
  }

  /** The process for a client, which asks for another one when that has ended. */
  private run(server: Server): Promise<ChildProcess> {
    const { ahead } = this;
    this.ahead = undefined;
    const isIt = ahead?.program === server.program;
    if (!isIt) ahead?.end(0);
    this.process = isIt && ahead !== undefined ? ahead : newProcess(server);
    return this.process.started;
  }

  private newClient(server: Server): LanguageClient {
    const options: LanguageClientOptions = {
      documentSelector: SCHEMES.map((scheme) => ({ scheme })),
      outputChannel: this.log,
      stdioOptions: {
        stdout: (input) => readLines(input, serverLog(this.log)),
        stderr: (input) => readLines(input, serverLog(this.log)),
      },
      // The settings themselves are pulled by the server.
      initializationOptions: {
        statusNotifications: true,
        workspaceTrusted: workspace.isTrusted,
      },
      middleware: {
        handleRegisterCapability: async (params, next) => {
          await next(params, CancellationToken.None);
          const { method } = InlineCompletionRequest;
          if (params.registrations.some((registration) => registration.method === method)) {
            this.isAsked = true;
            this.asked.fire();
          }
        },
        provideInlineCompletionItems: (document, position, context, token) =>
          this.client === undefined
            ? null
            : this.ghostText.provide(
                this.client,
                this.requests,
                document,
                position,
                context,
                token,
              ),
        workspace: {
          configuration: async (params, token, next) => {
            const values = await next(params, token);
            return Array.isArray(values)
              ? values.map((value, index) =>
                  params.items[index]?.section === SECTION ? serverSettings(value) : value,
                )
              : values;
          },
        },
      },
    };
    const client: LanguageClient = new LanguageClient(SECTION, "Midfill", () => this.run(server), {
      ...options,
      errorHandler: restarting(() => client),
      initializationFailedHandler: () => false,
    });
    return client;
  }
}

function newProcess({ program }: Server): ServerProcess {
  const args = ["lsp", ...setting<readonly string[]>("server.arguments", [])];
  const folder = workspace.workspaceFolders?.[0]?.uri;
  return new ServerProcess(program, args, folder?.scheme === "file" ? folder.fsPath : undefined);
}

/** What came up once is restarted, as the client does; what never did is told by who started it. */
function restarting(client: () => LanguageClient): ErrorHandler {
  let usual: ErrorHandler | undefined;
  const handler = () => {
    usual ??= client().createDefaultErrorHandler();
    return usual;
  };
  return {
    error: (error, message, count) => handler().error(error, message, count),
    closed: () =>
      client().initializeResult === undefined
        ? { action: CloseAction.DoNotRestart, handled: true }
        : handler().closed(),
  };
}

function readLines(input: NodeJS.ReadableStream, read: (line: string) => void): void {
  createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }).on("line", read);
}
