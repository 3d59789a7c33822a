/** Shows a next edit as a diff, before it is made. */

import {
  commands,
  type Disposable,
  type TextDocumentContentProvider,
  Uri,
  ViewColumn,
  workspace,
} from "vscode";
import { type OffsetEdit, withEdits } from "./textEdits.ts";

const SCHEME = "midfill-preview";

/** Keeps the texts that the right sides of the diffs show. */
export class EditPreview implements TextDocumentContentProvider, Disposable {
  private readonly texts = new Map<string, string>();
  private readonly registration = workspace.registerTextDocumentContentProvider(SCHEME, this);
  private count = 0;

  /** Open the diff of the documents that `edits` change. */
  async open(edits: ReadonlyMap<string, readonly OffsetEdit[]>): Promise<void> {
    this.texts.clear();
    const pairs: [Uri, Uri][] = [];
    for (const [uri, changes] of edits) {
      const left = Uri.parse(uri);
      const document = await workspace.openTextDocument(left);
      // Another query each time: the editor keeps what it has once read.
      const right = left.with({ scheme: SCHEME, query: `${++this.count}` });
      this.texts.set(right.toString(), withEdits(document.getText(), changes));
      pairs.push([left, right]);
    }
    const title = "Midfill: proposed change";
    const [first] = pairs;
    if (first === undefined) return;
    if (pairs.length === 1) {
      const options = { viewColumn: ViewColumn.Beside, preview: true, preserveFocus: true };
      await commands.executeCommand("vscode.diff", ...first, title, options);
    } else {
      const resources = pairs.map(([left, right]) => [left, left, right]);
      await commands.executeCommand("vscode.changes", title, resources);
    }
  }

  provideTextDocumentContent(uri: Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }

  dispose(): void {
    this.registration.dispose();
  }
}
