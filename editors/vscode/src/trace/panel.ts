/** The denoising view: a webview that replays how the last requests were answered. */

import { randomBytes } from "node:crypto";
import {
  type Disposable,
  type ExtensionContext,
  Position,
  Range,
  Selection,
  TextEditorRevealType,
  Uri,
  ViewColumn,
  type Webview,
  type WebviewPanel,
  window,
  workspace,
} from "vscode";
import type { Connection } from "../connection.ts";
import { TRACE } from "../protocol.ts";
import { type AnsweredRequest, requestId } from "../requests.ts";
import { explain } from "../silence.ts";
import type { FromView, RequestEntry, ToView } from "./messages.ts";
import { drawPlan } from "./plan.ts";
import type { TraceRecord } from "./record.ts";

/** One panel at most; it follows the newest proposal until another one is chosen. */
export class DenoisingView implements Disposable {
  private panel: WebviewPanel | undefined;
  private readonly subscription: Disposable;
  private isFollowing = true;

  constructor(
    private readonly context: ExtensionContext,
    private readonly connection: Connection,
  ) {
    this.subscription = connection.requests.subscribe((request) => {
      // A silence while typing must not push away the proposal that is being looked at.
      if (this.isFollowing && request.reason === null) void this.load(request.id);
      else this.sendList();
    });
  }

  /** Show the panel with the request of `id`, or the newest proposal. */
  open(id?: string): void {
    this.isFollowing = id === undefined;
    if (this.panel !== undefined) {
      this.panel.reveal(undefined, true);
      void this.load(id ?? this.newest()?.id);
      return;
    }
    const dist = Uri.joinPath(this.context.extensionUri, "dist");
    const panel = window.createWebviewPanel(
      "midfill.denoising",
      "Midfill: Denoising",
      { viewColumn: ViewColumn.Beside, preserveFocus: true },
      { enableScripts: true, localResourceRoots: [dist], retainContextWhenHidden: true },
    );
    this.panel = panel;
    panel.onDidDispose(() => {
      this.panel = undefined;
    });
    panel.webview.onDidReceiveMessage((message: FromView) => this.handle(message, id));
    panel.webview.html = page(panel.webview, dist);
  }

  dispose(): void {
    this.subscription.dispose();
    this.panel?.dispose();
  }

  private handle(message: FromView, id: string | undefined): void {
    if (message.type === "ready") {
      void this.load(id ?? this.newest()?.id);
    } else if (message.type === "select") {
      this.isFollowing = message.id === this.newest()?.id;
      void this.load(message.id);
    } else {
      void this.reveal(message.id, message.line);
    }
  }

  private newest(): AnsweredRequest | undefined {
    const { all } = this.connection.requests;
    return all.findLast((request) => request.reason === null) ?? all.at(-1);
  }

  private async load(id: string | undefined): Promise<void> {
    if (this.panel === undefined) return;
    if (id === undefined) {
      this.send({ type: "empty", message: "Type something: the next proposal is shown here." });
      return;
    }
    try {
      const record = await this.connection.ask<TraceRecord>(TRACE, { id });
      const request = this.connection.requests.find(id);
      if (record === null) {
        this.send({ type: "empty", message: "The server does not run." });
        return;
      }
      const lines = request === undefined ? [] : drawPlan(request.text, record.plan);
      this.send({ type: "trace", record, lines, id: requestId(id) });
    } catch (error) {
      // The server keeps the last fifty only.
      const message = error instanceof Error ? error.message : String(error);
      this.send({ type: "empty", message });
    }
    this.sendList();
  }

  private sendList(): void {
    const requests = [...this.connection.requests.all].reverse().map(entryOf);
    this.send({ type: "list", requests });
  }

  private send(message: ToView): void {
    void this.panel?.webview.postMessage(message);
  }

  private async reveal(id: string, line: number): Promise<void> {
    const request = this.connection.requests.find(id);
    if (request === undefined) return;
    const document = await workspace.openTextDocument(Uri.parse(request.uri));
    const editor = await window.showTextDocument(document, ViewColumn.One);
    const start = new Position(Math.min(line - 1, document.lineCount - 1), 0);
    editor.selection = new Selection(start, start);
    editor.revealRange(new Range(start, start), TextEditorRevealType.InCenterIfOutsideViewport);
  }
}

function entryOf(request: AnsweredRequest): RequestEntry {
  const name = Uri.parse(request.uri).path.split("/").at(-1) ?? request.uri;
  const what = request.reason === null ? request.preview : explain(request.reason).short;
  return {
    id: requestId(request.id),
    label: `${request.about}, ${name}:${request.line + 1}: ${what}`,
    isProposal: request.reason === null,
  };
}

function page(webview: Webview, dist: Uri): string {
  const nonce = randomBytes(16).toString("base64");
  const script = webview.asWebviewUri(Uri.joinPath(dist, "denoising.js"));
  const style = webview.asWebviewUri(Uri.joinPath(dist, "denoising.css"));
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>Midfill: Denoising</title>
</head>
<body>
<main id="view"></main>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
