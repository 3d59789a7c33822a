/** Plays the denoising of a proposal at the cursor, before its ghost text is shown. */

import {
  type CancellationToken,
  type Disposable,
  Range,
  type TextEditor,
  ThemeColor,
  window,
} from "vscode";
import type { Connection } from "../connection.ts";
import { TRACE } from "../protocol.ts";
import { setting } from "../settings.ts";
import type { TraceRecord } from "./record.ts";
import { addedText, frames } from "./replay.ts";

const LONGEST_MS = 400;
const FRAME_MS = 45;

/** The optional animation; off unless the user switched it on. */
export class Settling implements Disposable {
  private readonly decoration = window.createTextEditorDecorationType({});

  constructor(private readonly connection: Connection) {}

  /** Play the request of `id`; ends at once when it is off or cancelled. */
  async play(id: string, editor: TextEditor, token: CancellationToken): Promise<void> {
    if (!setting("ghostText.animate", false)) return;
    const record = await this.connection.ask<TraceRecord>(TRACE, { id }, token);
    if (record === null || token.isCancellationRequested) return;
    const played = frames(record).map((frame) => frame.holes[record.plan.cursor_hole ?? 0] ?? []);
    const before = textBefore(editor);
    const texts = played.map((cells) => addedText(cells, played.at(-1) ?? [], before));
    const wait = Math.min(FRAME_MS, LONGEST_MS / Math.max(texts.length, 1));
    try {
      for (const text of texts) {
        if (token.isCancellationRequested) return;
        this.show(editor, text.split("\n", 1)[0] ?? "");
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    } finally {
      editor.setDecorations(this.decoration, []);
    }
  }

  dispose(): void {
    this.decoration.dispose();
  }

  private show(editor: TextEditor, contentText: string): void {
    const at = editor.selection.active;
    const after = { contentText, color: new ThemeColor("editorGhostText.foreground") };
    editor.setDecorations(this.decoration, [
      { range: new Range(at, at), renderOptions: { after } },
    ]);
  }
}

function textBefore({ document, selection: { active } }: TextEditor): string {
  return document.lineAt(active.line).text.slice(0, active.character);
}
