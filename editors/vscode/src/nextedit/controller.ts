/** Next edits with the stable API: when to ask, what is shown, and what the keys do. */

import {
  CancellationTokenSource,
  commands,
  type Disposable,
  type Position,
  Range,
  type TextDocument,
  type TextDocumentChangeEvent,
  TextDocumentChangeReason,
  type TextEditor,
  TextEditorRevealType,
  Uri,
  WorkspaceEdit,
  window,
  workspace,
} from "vscode";
import type { Connection } from "../connection.ts";
import {
  AUTOMATIC,
  DID_REJECT,
  DID_SHOW_EDIT,
  INLINE_EDIT,
  INVOKED,
  type InlineEditResult,
} from "../protocol.ts";
import { isWanted, setting } from "../settings.ts";
import { type DrawnEdit, EditDecorations } from "./decorations.ts";
import { Findings } from "./findings.ts";
import {
  acceptedPlaces,
  hint,
  type NextEdit,
  nextEditOf,
  type Place,
  remaining,
} from "./nextEdit.ts";
import { EditPreview } from "./preview.ts";
import { type OffsetEdit, onlyWritesAt } from "./textEdits.ts";

const SHOWN = "midfill.nextEditVisible";
const TAB_IS_FREE = "midfill.tabIsFree";

interface Shown {
  readonly edit: NextEdit;
  /** Which alternative is shown, or to which place the last jump went. */
  chosen: number;
}

/** Asks after each pause in typing, and holds the one next edit on the screen. */
export class NextEdits implements Disposable {
  private readonly decorations = new EditDecorations();
  private readonly preview = new EditPreview();
  private readonly findings = new Findings();
  private readonly subscriptions: Disposable[];
  private shown: Shown | undefined;
  private timer: NodeJS.Timeout | undefined;
  private asking: CancellationTokenSource | undefined;
  private isApplying = false;

  /** `isAutomatic`: whether typing is a reason to ask; the native provider asks by itself. */
  constructor(
    private readonly connection: Connection,
    private readonly isAutomatic: boolean,
  ) {
    this.subscriptions = [
      workspace.onDidChangeTextDocument((event) => this.handleChange(event)),
      window.onDidChangeActiveTextEditor(() => this.clear()),
      window.onDidChangeTextEditorSelection(() => this.updateTab()),
      window.onDidChangeVisibleTextEditors(() => this.draw()),
    ];
  }

  /** Ask for the next edit now, and show it; says so when there is none and `isInvoked`. */
  async ask(editor: TextEditor, isInvoked: boolean): Promise<void> {
    this.asking?.cancel();
    const asking = new CancellationTokenSource();
    this.asking = asking;
    const { document } = editor;
    const { version } = document;
    const result = await this.request(document, editor.selection.active, asking, isInvoked);
    if (asking.token.isCancellationRequested || document.version !== version) return;
    const edit = nextEditOf(result);
    if (edit !== null) await this.show(edit);
    else if (isInvoked) void window.showInformationMessage(silence(result));
  }

  /** Ask the server, once it is done with the ghost text; null when the request was cancelled. */
  async request(
    document: TextDocument,
    position: Position,
    asking: CancellationTokenSource,
    isInvoked = false,
  ): Promise<InlineEditResult | null> {
    await this.connection.quiet;
    if (asking.token.isCancellationRequested) return null;
    const params = {
      textDocument: { uri: document.uri.toString(), version: document.version },
      position: { line: position.line, character: position.character },
      context: {
        triggerKind: isInvoked ? INVOKED : AUTOMATIC,
        diagnostics: this.findings.of(document),
      },
    };
    const started = performance.now();
    try {
      const result = await this.connection.ask<InlineEditResult>(INLINE_EDIT, params, asking.token);
      const edit = nextEditOf(result);
      if (edit === null) return result;
      // What stands at the cursor next is ghost text's to say.
      if (!isInvoked && isGhostTexts(edit, document, position)) return null;
      this.remember(edit, document, performance.now() - started);
      return result;
    } catch (error) {
      if (asking.token.isCancellationRequested) return null;
      throw error;
    }
  }

  /** Show `edit` in place of what is shown now. */
  async show(edit: NextEdit): Promise<void> {
    if (edit.places.some(isStale)) return;
    this.shown = { edit, chosen: 0 };
    this.draw();
    this.updateTab();
    await commands.executeCommand("setContext", SHOWN, true);
    const item = { command: edit.command };
    if (edit.command !== undefined) await this.connection.tell(DID_SHOW_EDIT, { item });
  }

  /** Make the shown edit; when no place of it is in sight, the first press only brings it there. */
  async accept(): Promise<void> {
    const { shown } = this;
    const editor = window.activeTextEditor;
    if (shown === undefined || editor === undefined) return;
    const places = acceptedPlaces(shown.edit, shown.chosen);
    if (!isInSight(editor, places) && this.reveal(editor, places)) return;
    this.clear();
    if (!(await this.apply(places))) {
      void window.showWarningMessage("Midfill: the change no longer fits and was not made.");
      return;
    }
    const { command } = shown.edit;
    if (command !== undefined) {
      await commands.executeCommand(command.command, ...(command.arguments ?? []));
    }
    const document = workspace.textDocuments.find((each) => each.uri.toString() === places[0]?.uri);
    const rest = document && remaining(shown.edit, shown.chosen, document.version);
    if (rest) await this.show(rest);
  }

  /** Hide the shown edit and tell the server that it was not wanted. */
  async dismiss(): Promise<void> {
    const edit = this.shown?.edit;
    this.clear();
    if (edit !== undefined) await this.connection.tell(DID_REJECT, { item: edit });
  }

  /** Move to the next alternative, or the cursor to the next place. */
  jump(): void {
    const { shown } = this;
    const editor = window.activeTextEditor;
    if (shown === undefined || editor === undefined) return;
    shown.chosen = (shown.chosen + 1) % shown.edit.places.length;
    if (shown.edit.kind === "alternatives") this.draw();
    this.reveal(editor, shown.edit.places.slice(shown.chosen, shown.chosen + 1));
  }

  /** Show the edit as a diff. */
  async openPreview(): Promise<void> {
    if (this.shown === undefined) return;
    const places = acceptedPlaces(this.shown.edit, this.shown.chosen);
    const edits = new Map<string, OffsetEdit[]>();
    for (const place of places) {
      const document = await workspace.openTextDocument(Uri.parse(place.uri));
      edits.set(place.uri, [...(edits.get(place.uri) ?? []), offsets(document, place)]);
    }
    await this.preview.open(edits);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.clear();
    const parts = [this.decorations, this.preview, this.findings];
    for (const each of [...parts, ...this.subscriptions]) each.dispose();
  }

  /** Silences are not kept: after most edits there is no other to make. */
  private remember(edit: NextEdit, document: TextDocument, latencyMs: number): void {
    const [first] = edit.places;
    if (edit.id === undefined || first === undefined) return;
    this.connection.requests.add({
      id: edit.id,
      about: "next edit",
      uri: document.uri.toString(),
      line: first.range.start.line,
      text: document.getText(),
      latencyMs,
      reason: null,
      detail: "",
      preview: first.text.trim().split("\n", 1)[0] ?? "",
    });
  }

  private handleChange(event: TextDocumentChangeEvent): void {
    if (event.contentChanges.length === 0) return;
    const changed = event.document.uri.toString();
    if (this.shown?.edit.places.some((place) => place.uri === changed)) this.clear();
    this.asking?.cancel();
    clearTimeout(this.timer);
    const editor = window.activeTextEditor;
    if (!this.isAutomatic || this.isApplying || event.document !== editor?.document) return;
    // Who takes something back does not want it proposed again.
    if (event.reason === TextDocumentChangeReason.Undo) return;
    if (!setting("nextEdit.enabled", true, event.document.uri) || !isWanted(event.document)) return;
    const ask = () => void this.ask(editor, false);
    this.timer = setTimeout(ask, setting("nextEdit.delayMs", 300));
  }

  private draw(): void {
    if (this.shown === undefined) return;
    const { edit, chosen } = this.shown;
    const places = edit.kind === "alternatives" ? acceptedPlaces(edit, chosen) : edit.places;
    for (const editor of window.visibleTextEditors) {
      const uri = editor.document.uri.toString();
      const drawn = places.filter((place) => place.uri === uri);
      if (drawn.length === 0) continue;
      this.decorations.draw(editor, drawn.map(drawnIn(editor)), hint(edit, chosen));
    }
  }

  private clear(): void {
    if (this.shown === undefined) return;
    this.shown = undefined;
    for (const editor of window.visibleTextEditors) this.decorations.clear(editor);
    void commands.executeCommand("setContext", SHOWN, false);
  }

  /** In the white space that a line begins with, Tab indents, whatever is shown elsewhere. */
  private updateTab(): void {
    const editor = window.activeTextEditor;
    if (this.shown === undefined || editor === undefined) return;
    const { active, isEmpty } = editor.selection;
    const before = editor.document.lineAt(active.line).text.slice(0, active.character);
    const isHere = this.shown.edit.places.some(
      ({ uri, range }) =>
        uri === editor.document.uri.toString() &&
        range.start.line <= active.line &&
        active.line <= range.end.line,
    );
    const isFree = isEmpty && (isHere || before.trim() !== "");
    void commands.executeCommand("setContext", TAB_IS_FREE, isFree);
  }

  private reveal(editor: TextEditor, places: readonly Place[]): boolean {
    const uri = editor.document.uri.toString();
    const place = places.find((each) => each.uri === uri);
    if (place === undefined) return false;
    editor.revealRange(rangeOf(place), TextEditorRevealType.InCenterIfOutsideViewport);
    return true;
  }

  private async apply(places: readonly Place[]): Promise<boolean> {
    const edit = new WorkspaceEdit();
    for (const place of places) edit.replace(Uri.parse(place.uri), rangeOf(place), place.text);
    this.isApplying = true;
    try {
      return await workspace.applyEdit(edit);
    } finally {
      this.isApplying = false;
    }
  }
}

/** Whether the document of a place is no longer the one that the edit was made for. */
function isStale({ uri, version }: Place): boolean {
  const document = workspace.textDocuments.find((each) => each.uri.toString() === uri);
  return document !== undefined && version !== null && document.version !== version;
}

/** Whether all that an edit does is to write at the cursor. */
function isGhostTexts(edit: NextEdit, document: TextDocument, cursor: Position): boolean {
  const [only, ...others] = edit.places;
  if (only === undefined || others.length > 0 || only.uri !== document.uri.toString()) return false;
  const replaced = document.getText(rangeOf(only));
  return onlyWritesAt(offsets(document, only), replaced, document.offsetAt(cursor));
}

function isInSight(editor: TextEditor, places: readonly Place[]): boolean {
  const uri = editor.document.uri.toString();
  return places.some(
    (place) =>
      place.uri === uri &&
      editor.visibleRanges.some((visible) => visible.intersection(rangeOf(place)) !== undefined),
  );
}

function drawnIn(editor: TextEditor): (place: Place) => DrawnEdit {
  return (place) => ({
    edit: offsets(editor.document, place),
    replaced: editor.document.getText(rangeOf(place)),
  });
}

function offsets(document: TextDocument, place: Place): OffsetEdit {
  const { start, end } = rangeOf(place);
  return { start: document.offsetAt(start), end: document.offsetAt(end), text: place.text };
}

function rangeOf({ range: { start, end } }: Place): Range {
  return new Range(start.line, start.character, end.line, end.character);
}

function silence(result: InlineEditResult | null): string {
  const detail = result?.midfill?.detail ?? result?.midfill?.reason ?? "";
  return `Midfill has no next edit here${detail === "" ? "" : `: ${detail}`}.`;
}
