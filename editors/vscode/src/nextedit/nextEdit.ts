/** A next edit: one change of one or many places that the server proposes away from the cursor. */

import type { Command } from "vscode-languageclient";
import type { EditKind, InlineEdit, InlineEditResult } from "../protocol.ts";

/** One place; the range is the protocol's, counted in UTF-16 units. */
export interface Place {
  readonly uri: string;
  readonly version: number | null;
  readonly range: InlineEdit["range"];
  readonly text: string;
}

/** What accepting means depends on `kind`. */
export interface NextEdit {
  readonly id: string | undefined;
  readonly kind: EditKind;
  readonly places: readonly Place[];
  readonly command: Command | undefined;
}

/** Read the server's answer; null when it proposes nothing. */
export function nextEditOf(result: InlineEditResult | null): NextEdit | null {
  const [first] = result?.edits ?? [];
  if (result === null || first === undefined) return null;
  const { kind, id } = { ...result.midfill, ...first.midfill };
  return {
    id: id ?? idOf(first.command),
    kind: kind ?? "alternatives",
    places: result.edits.map((edit) => ({
      uri: edit.textDocument.uri,
      version: edit.textDocument.version,
      range: edit.range,
      text: edit.text,
    })),
    command: first.command,
  };
}

/** The places that one press of the accept key changes; `chosen` counts the places. */
export function acceptedPlaces(edit: NextEdit, chosen: number): readonly Place[] {
  return edit.kind === "atomic" ? edit.places : edit.places.slice(chosen, chosen + 1);
}

/**
 * What is left to propose once the chosen place was changed, or null.
 *
 * The other places of a sequence stand for themselves, in the text as it is then: `version` is
 * that document's.
 */
export function remaining(edit: NextEdit, chosen: number, version: number): NextEdit | null {
  const taken = edit.places[chosen];
  if (edit.kind !== "sequence" || taken === undefined || edit.places.length < 2) return null;
  const others = edit.places.filter((place) => place !== taken);
  const places = others.map((place) =>
    place.uri === taken.uri ? { ...place, version, range: moved(place.range, taken) } : place,
  );
  // The server has been told that the sequence is accepted.
  return { ...edit, places, command: undefined };
}

/** What the hint says that is shown beside the first place. */
export function hint(edit: NextEdit, chosen: number): string {
  const count = edit.places.length;
  if (count === 1) return "Tab to apply";
  if (edit.kind === "atomic") return `Tab to apply all ${count} places`;
  return `Tab to apply, ${chosen + 1} of ${count}`;
}

function moved(range: Place["range"], taken: Place): Place["range"] {
  const { start, end } = taken.range;
  const lines = taken.text.split("\n");
  const line = start.line + lines.length - 1;
  const character = (lines.length === 1 ? start.character : 0) + (lines.at(-1)?.length ?? 0);
  const move = (at: Place["range"]["start"]) => {
    if (at.line > end.line) return { ...at, line: at.line + line - end.line };
    const isBehind = at.line === end.line && at.character >= end.character;
    return isBehind ? { line, character: character + at.character - end.character } : at;
  };
  return { start: move(range.start), end: move(range.end) };
}

function idOf(command: Command | undefined): string | undefined {
  const [first] = command?.arguments ?? [];
  return typeof first === "string" ? first : undefined;
}
