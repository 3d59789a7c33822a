/** Next edits in the editor's own inline-edit UI, where its proposed API is switched on. */

import {
  type CancellationToken,
  CancellationTokenSource,
  type Disposable,
  type ExtensionContext,
  InlineCompletionItem,
  languages,
  type Position,
  Range,
  type TextDocument,
} from "vscode";
import { isWanted, SCHEMES, setting } from "../settings.ts";
import type { NextEdits } from "./controller.ts";
import { nextEditOf, type Place } from "./nextEdit.ts";

const PROPOSAL = "inlineCompletionsAdditions";

/** The members that the proposed API adds to an item. */
interface InlineEditItem extends InlineCompletionItem {
  isInlineEdit: boolean;
  showRange: Range;
  showInlineEditMenu: boolean;
}

/** Whether the editor allows this build of the extension to use the proposed API. */
export function hasNativeInlineEdits(context: ExtensionContext): boolean {
  // The editor takes the proposals that it does not allow out of the manifest.
  const { enabledApiProposals } = context.extension.packageJSON;
  return Array.isArray(enabledApiProposals) && enabledApiProposals.includes(PROPOSAL);
}

/** Serve next edits of one place natively; those of several places are shown by `nextEdits`. */
export function registerNativeInlineEdits(nextEdits: NextEdits): Disposable {
  const selector = SCHEMES.map((scheme) => ({ scheme }));
  return languages.registerInlineCompletionItemProvider(selector, {
    provideInlineCompletionItems: (document, position, _context, token) =>
      provide(nextEdits, document, position, token),
  });
}

async function provide(
  nextEdits: NextEdits,
  document: TextDocument,
  position: Position,
  token: CancellationToken,
): Promise<InlineCompletionItem[] | null> {
  if (!setting("nextEdit.enabled", true, document.uri) || !isWanted(document)) return null;
  const asking = new CancellationTokenSource();
  const subscription = token.onCancellationRequested(() => asking.cancel());
  try {
    const edit = nextEditOf(await nextEdits.request(document, position, asking));
    if (edit === null || token.isCancellationRequested) return null;
    const [only, ...others] = edit.places;
    if (only === undefined || others.length > 0 || only.uri !== document.uri.toString()) {
      await nextEdits.show(edit);
      return null;
    }
    const item = itemOf(only);
    if (edit.command !== undefined) item.command = edit.command as never;
    return [item];
  } finally {
    subscription.dispose();
    asking.dispose();
  }
}

function itemOf({ range: { start, end }, text }: Place): InlineEditItem {
  const range = new Range(start.line, start.character, end.line, end.character);
  return Object.assign(new InlineCompletionItem(text, range), {
    isInlineEdit: true,
    showRange: range,
    showInlineEditMenu: true,
  });
}
