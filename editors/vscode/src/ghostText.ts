/** Ghost text: asks the server, remembers what it answered, and tells it what became of it. */

import {
  type CancellationToken,
  commands,
  type InlineCompletionContext,
  type InlineCompletionItem,
  InlineCompletionTriggerKind,
  type Position,
  Range,
  type TextDocument,
  type TextEditor,
  window,
} from "vscode";
import { InlineCompletionRequest, type LanguageClient } from "vscode-languageclient/node";
import type { Connection } from "./connection.ts";
import {
  DID_PARTIALLY_ACCEPT,
  DID_REJECT,
  DID_SHOW_COMPLETION,
  type Item,
  type ItemsResult,
} from "./protocol.ts";
import type { Requests } from "./requests.ts";
import { isWanted } from "./settings.ts";

// A busy machine reads a new place over several requests; a key ends them all.
const MAX_REPEATS = 6;

/** Plays how a proposal came about, before it is shown; resolves when it was played. */
export type Settle = (id: string, editor: TextEditor, token: CancellationToken) => Promise<void>;

/** What is on the screen, as far as an extension can know: the editor tells nobody. */
interface Shown {
  readonly item: Item;
  readonly document: TextDocument;
  /** Where the item's text begins, in UTF-16 units. */
  readonly start: number;
}

/** The provider behind the language client's own one. */
export class GhostText {
  /** Set once the parts that need a connection exist. */
  settle: Settle | undefined;
  /** Resolves when the last request was answered: another one would end it at the server. */
  answered: Promise<unknown> = Promise.resolve();
  private shown: Shown | undefined;
  private isTyped = false;

  /** Answer the editor; an empty answer is remembered with its reason. */
  async provide(
    client: LanguageClient,
    requests: Requests,
    document: TextDocument,
    position: Position,
    context: InlineCompletionContext,
    token: CancellationToken,
  ): Promise<InlineCompletionItem[] | null> {
    if (!isWanted(document)) return null;
    const params = client.code2ProtocolConverter.asInlineCompletionParams(document, position, {
      ...context,
      triggerKind: this.isTyped ? InlineCompletionTriggerKind.Automatic : context.triggerKind,
    });
    const started = performance.now();
    let result: ItemsResult | null;
    try {
      const asked = ask(client, params, token);
      this.answered = Promise.allSettled([asked]);
      result = await asked;
    } catch (error) {
      return client.handleFailedRequest(InlineCompletionRequest.type, token, error, null);
    }
    if (result === null || token.isCancellationRequested) return null;
    remember(requests, document, position, result, performance.now() - started);
    const [first] = result.items;
    if (first === undefined) return null;
    await this.play(first, document, token);
    if (token.isCancellationRequested) return null;
    this.noteShown(client, first, document, position);
    const items = await client.protocol2CodeConverter.asInlineCompletionResult(
      { items: [...result.items] },
      token,
    );
    return Array.isArray(items) ? items : (items?.items ?? null);
  }

  /** Ask as if the last key had come just now: the editor's own command asks as if by hand. */
  async askAgain(): Promise<void> {
    this.isTyped = true;
    try {
      await commands.executeCommand("editor.action.inlineSuggest.trigger");
    } finally {
      this.isTyped = false;
    }
  }

  /** Take the next word or line of the ghost text, and tell the server how far it was taken. */
  async acceptPart(connection: Connection, part: "Word" | "Line"): Promise<void> {
    await commands.executeCommand(`editor.action.inlineSuggest.acceptNext${part}`);
    const editor = window.activeTextEditor;
    const shown = this.shown;
    if (editor === undefined || editor.document !== shown?.document) return;
    const { document, selection } = editor;
    const acceptedLength = document.offsetAt(selection.active) - shown.start;
    const accepted = document.getText(
      new Range(document.positionAt(shown.start), selection.active),
    );
    // What was taken may have been another extension's text.
    if (acceptedLength <= 0 || !textOf(shown.item).startsWith(accepted)) return;
    await connection.tell(DID_PARTIALLY_ACCEPT, { item: shown.item, acceptedLength });
  }

  /** Hide the ghost text, and tell the server that it was not wanted. */
  async dismiss(connection: Connection): Promise<void> {
    await commands.executeCommand("editor.action.inlineSuggest.hide");
    const item = this.shown?.item;
    this.shown = undefined;
    if (item !== undefined) await connection.tell(DID_REJECT, { item });
  }

  private async play(item: Item, document: TextDocument, token: CancellationToken): Promise<void> {
    const editor = window.activeTextEditor;
    if (item.midfill === undefined || editor?.document !== document) return;
    await this.settle?.(item.midfill.id, editor, token);
  }

  private noteShown(
    client: LanguageClient,
    item: Item,
    document: TextDocument,
    position: Position,
  ): void {
    const start = item.range ? client.protocol2CodeConverter.asRange(item.range).start : position;
    this.shown = { item, document, start: document.offsetAt(start) };
    void client.sendNotification(DID_SHOW_COMPLETION, { item });
  }
}

/** Ask; again when the time was over: what was read of the context by then is kept. */
async function ask(
  client: LanguageClient,
  params: unknown,
  token: CancellationToken,
): Promise<ItemsResult | null> {
  const { method } = InlineCompletionRequest;
  for (let repeats = 0; ; repeats++) {
    const result = await client.sendRequest<ItemsResult | null>(method, params, token);
    const isLate = result?.midfill?.reason === "DEADLINE" && !token.isCancellationRequested;
    if (!isLate || repeats === MAX_REPEATS) return result;
  }
}

function remember(
  requests: Requests,
  document: TextDocument,
  position: Position,
  result: ItemsResult,
  latencyMs: number,
): void {
  const [first] = result.items;
  const id = first?.midfill?.id ?? result.midfill?.id;
  if (id === undefined) return;
  requests.add({
    id,
    about: "ghost text",
    uri: document.uri.toString(),
    line: position.line,
    text: document.getText(),
    latencyMs,
    reason: first === undefined ? (result.midfill?.reason ?? "EMPTY") : null,
    detail: result.midfill?.detail ?? "",
    preview: (first === undefined ? "" : textOf(first)).trim().split("\n", 1)[0] ?? "",
  });
}

function textOf({ insertText }: Item): string {
  return typeof insertText === "string" ? insertText : insertText.value;
}
