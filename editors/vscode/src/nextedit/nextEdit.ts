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

/** The places that one press of the accept key changes; `chosen` counts alternatives. */
export function acceptedPlaces(edit: NextEdit, chosen: number): readonly Place[] {
  if (edit.kind === "atomic") return edit.places;
  const index = edit.kind === "alternatives" ? chosen % edit.places.length : 0;
  return edit.places.slice(index, index + 1);
}

/** What the hint says that is shown beside the first place. */
export function hint(edit: NextEdit, chosen: number): string {
  const count = edit.places.length;
  if (count === 1) return "Tab to apply";
  if (edit.kind === "atomic") return `Tab to apply all ${count} places`;
  if (edit.kind === "sequence") return `Tab to apply the first of ${count}`;
  return `Tab to apply, ${(chosen % count) + 1} of ${count}`;
}

function idOf(command: Command | undefined): string | undefined {
  const [first] = command?.arguments ?? [];
  return typeof first === "string" ? first : undefined;
}
