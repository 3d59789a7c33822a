/** Draws next edits with the stable API: struck through what goes, ghost text for what comes. */

import {
  type DecorationOptions,
  type Disposable,
  OverviewRulerLane,
  Range,
  type TextEditor,
  ThemeColor,
  window,
} from "vscode";
import { type OffsetEdit, onOneLine, trimmed } from "./textEdits.ts";

/** An edit of the editor's document, and what it replaces there. */
export interface DrawnEdit {
  readonly edit: OffsetEdit;
  readonly replaced: string;
}

/** One pair of decorations for all editors. */
export class EditDecorations implements Disposable {
  private readonly removed = window.createTextEditorDecorationType({
    textDecoration: "line-through",
    backgroundColor: new ThemeColor("diffEditor.removedTextBackground"),
    border: "1px solid",
    borderColor: new ThemeColor("diffEditor.removedTextBorder"),
    overviewRulerColor: new ThemeColor("editorOverviewRuler.modifiedForeground"),
    overviewRulerLane: OverviewRulerLane.Center,
  });
  private readonly added = window.createTextEditorDecorationType({
    overviewRulerColor: new ThemeColor("editorOverviewRuler.modifiedForeground"),
    overviewRulerLane: OverviewRulerLane.Center,
  });
  private readonly hints = window.createTextEditorDecorationType({});

  /** Draw edits in their order; the hint stands at the end of the first one's line. */
  draw(editor: TextEditor, edits: readonly DrawnEdit[], hint: string): void {
    const removed: DecorationOptions[] = [];
    const added: DecorationOptions[] = [];
    for (const drawn of edits) {
      const edit = trimmed(drawn.edit, drawn.replaced);
      const range = rangeOf(editor, edit);
      if (!range.isEmpty) removed.push({ range });
      added.push({ range: new Range(range.end, range.end), renderOptions: newText(edit.text) });
    }
    editor.setDecorations(this.removed, removed);
    editor.setDecorations(this.added, added);
    editor.setDecorations(this.hints, hintAt(editor, edits[0], hint));
  }

  /** Take everything away again. */
  clear(editor: TextEditor): void {
    for (const type of [this.removed, this.added, this.hints]) editor.setDecorations(type, []);
  }

  dispose(): void {
    for (const type of [this.removed, this.added, this.hints]) type.dispose();
  }
}

function newText(text: string): DecorationOptions["renderOptions"] & object {
  return {
    after: {
      contentText: onOneLine(text),
      color: new ThemeColor("editorGhostText.foreground"),
      backgroundColor: new ThemeColor("diffEditor.insertedTextBackground"),
      fontStyle: "italic",
    },
  };
}

function hintAt(
  editor: TextEditor,
  first: DrawnEdit | undefined,
  hint: string,
): DecorationOptions[] {
  if (first === undefined) return [];
  const end = editor.document.lineAt(rangeOf(editor, first.edit).start.line).range.end;
  const after = {
    contentText: hint,
    margin: "0 0 0 2em",
    color: new ThemeColor("editorCodeLens.foreground"),
  };
  return [{ range: new Range(end, end), renderOptions: { after } }];
}

function rangeOf(editor: TextEditor, edit: OffsetEdit): Range {
  const { document } = editor;
  return new Range(document.positionAt(edit.start), document.positionAt(edit.end));
}
