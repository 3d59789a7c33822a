/** Tells the server where the user is: what is under way elsewhere ends, and it reads there first. */

import { type Disposable, type TextDocument, window, workspace } from "vscode";
import type { Connection } from "./connection.ts";
import type { GhostText } from "./ghostText.ts";
import { DID_FOCUS } from "./protocol.ts";
import { isWanted } from "./settings.ts";

// The cursor passes over many places until it is where somebody wants to write.
const RESTED_MS = 100;

/** Follows the cursor; asks for what was typed while no server was there to be asked. */
export class Focus implements Disposable {
  private readonly subscriptions: Disposable[];
  private typedIn: TextDocument | undefined;
  private resting: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly ghostText: GhostText,
  ) {
    this.subscriptions = [
      window.onDidChangeActiveTextEditor(() => void this.tell()),
      window.onDidChangeTextEditorSelection(({ textEditor }) => {
        if (textEditor === window.activeTextEditor) this.tellOnceItRests();
      }),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (!connection.isAsked && contentChanges.length > 0) this.typedIn = document;
      }),
      connection.onIsAsked(() => void this.catchUp()),
    ];
  }

  dispose(): void {
    clearTimeout(this.resting);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private tellOnceItRests(): void {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => void this.tell(), RESTED_MS);
  }

  private async tell(): Promise<void> {
    const editor = window.activeTextEditor;
    if (editor === undefined) return this.connection.tell(DID_FOCUS, {});
    const { document, selection } = editor;
    const { line, character } = selection.active;
    const textDocument = { uri: document.uri.toString() };
    await this.connection.tell(DID_FOCUS, { textDocument, position: { line, character } });
  }

  private async catchUp(): Promise<void> {
    await this.tell();
    const document = this.typedIn;
    this.typedIn = undefined;
    if (document === undefined || document !== window.activeTextEditor?.document) return;
    if (!isWanted(document)) return;
    await this.ghostText.askAgain();
  }
}
