/** What other tools found wrong with a document, as far as it still holds. */

import {
  type Diagnostic,
  DiagnosticSeverity,
  type Disposable,
  languages,
  type TextDocument,
  workspace,
} from "vscode";
import type { LspDiagnostic } from "../protocol.ts";

/** Remembers the lines that were at fault: what was edited since is no fault that is known. */
export class Findings implements Disposable {
  private readonly lines = new WeakMap<TextDocument, ReadonlyMap<number, string>>();
  private readonly subscription: Disposable;

  constructor() {
    for (const document of workspace.textDocuments) this.note(document);
    this.subscription = languages.onDidChangeDiagnostics(({ uris }) => {
      const changed = new Set(uris.map(String));
      for (const document of workspace.textDocuments) {
        if (changed.has(document.uri.toString())) this.note(document);
      }
    });
  }

  /** Errors and warnings whose lines are what they were when these were found. */
  of(document: TextDocument): LspDiagnostic[] {
    const lines = this.lines.get(document);
    return faults(document)
      .filter(({ range: { start } }) => lineOf(document, start.line) === lines?.get(start.line))
      .map(({ range: { start, end }, message }) => ({
        range: {
          start: { line: start.line, character: start.character },
          end: { line: end.line, character: end.character },
        },
        message,
      }));
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private note(document: TextDocument): void {
    const lines = new Map<number, string>();
    for (const { range } of faults(document)) {
      const text = lineOf(document, range.start.line);
      if (text !== undefined) lines.set(range.start.line, text);
    }
    this.lines.set(document, lines);
  }
}

function faults(document: TextDocument): Diagnostic[] {
  return languages
    .getDiagnostics(document.uri)
    .filter(({ severity }) => severity <= DiagnosticSeverity.Warning);
}

function lineOf(document: TextDocument, line: number): string | undefined {
  return line < document.lineCount ? document.lineAt(line).text : undefined;
}
