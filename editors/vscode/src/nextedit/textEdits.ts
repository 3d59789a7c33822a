/** Edits of a text by offsets in UTF-16 units. Knows no editor. */

/** Replace what lies between `start` and `end` by `text`. */
export interface OffsetEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text with all edits made; they count in the text as it is and do not overlap. */
export function withEdits(text: string, edits: readonly OffsetEdit[]): string {
  let result = "";
  let at = 0;
  for (const edit of [...edits].sort((left, right) => left.start - right.start)) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/** The edit without what it replaces by itself at both ends: what a reader has to look at. */
export function trimmed(edit: OffsetEdit, replaced: string): OffsetEdit {
  const most = Math.min(replaced.length, edit.text.length);
  let front = 0;
  while (front < most && replaced[front] === edit.text[front]) front++;
  let back = 0;
  while (back < most - front && replaced.at(-1 - back) === edit.text.at(-1 - back)) back++;
  // Half a surrogate pair is no character.
  if (isLowSurrogate(replaced[front]) || isLowSurrogate(edit.text[front]))
    front -= front > 0 ? 1 : 0;
  if (back > 0 && isLowSurrogate(replaced.at(-back))) back--;
  return {
    start: edit.start + front,
    end: edit.end - back,
    text: edit.text.slice(front, edit.text.length - back),
  };
}

/** Whether all that the edit does is to write at an offset, whatever it repeats around that. */
export function onlyWritesAt(edit: OffsetEdit, replaced: string, offset: number): boolean {
  const before = replaced.slice(0, offset - edit.start);
  const behind = replaced.slice(offset - edit.start);
  const isInside = edit.start <= offset && offset <= edit.end;
  const isLonger = edit.text.length > replaced.length;
  return isInside && isLonger && edit.text.startsWith(before) && edit.text.endsWith(behind);
}

/** One line for a place where a line break cannot be shown. */
export function onOneLine(text: string): string {
  const [first = "", ...more] = text.split(/\r\n|\r|\n/);
  if (more.length === 0) return first;
  return `${first} ⏎ … ${more.length} more line${more.length === 1 ? "" : "s"}`;
}

function isLowSurrogate(unit: string | undefined): boolean {
  return unit !== undefined && unit >= "\udc00" && unit <= "\udfff";
}
