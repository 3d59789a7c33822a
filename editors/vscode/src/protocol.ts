/** The messages that the server speaks beyond the Language Server Protocol. */

import type { Command, InlineCompletionItem, Range } from "vscode-languageclient";

/** What an item of the server carries besides the standard members. */
export interface ItemExtra {
  readonly id: string;
  readonly kind: EditKind;
  readonly confidence: number;
}

/** How several edits relate: pick one, make them in turn, or all of them or none. */
export type EditKind = "alternatives" | "sequence" | "atomic";

/** An item of `textDocument/inlineCompletion`. */
export type Item = InlineCompletionItem & { readonly midfill?: ItemExtra };

/** Its result; without items `midfill` says why. */
export interface ItemsResult {
  readonly items: readonly Item[];
  readonly midfill?: { readonly id: string; readonly reason: string; readonly detail: string };
}

/** `textDocument/copilotInlineEdit`, as other servers' clients know it. */
export const INLINE_EDIT = "textDocument/copilotInlineEdit";

/** Who asked for it, as in `textDocument/inlineCompletion`: the user by hand, or the editor. */
export const INVOKED = 1;
export const AUTOMATIC = 2;

/** What another tool found wrong: sent along in its context. */
export interface LspDiagnostic {
  readonly range: Range;
  readonly message: string;
}

/** One edit of it. */
export interface InlineEdit {
  readonly text: string;
  readonly textDocument: { readonly uri: string; readonly version: number | null };
  readonly range: Range;
  readonly command?: Command;
  readonly midfill?: Partial<ItemExtra>;
}

/** Its result. */
export interface InlineEditResult {
  readonly edits: readonly InlineEdit[];
  readonly midfill?: Partial<ItemExtra> & { readonly reason?: string; readonly detail?: string };
}

/** What the user was shown, took, or turned down. */
export const DID_SHOW_COMPLETION = "textDocument/didShowCompletion";
export const DID_PARTIALLY_ACCEPT = "textDocument/didPartiallyAcceptCompletion";
export const DID_SHOW_EDIT = "textDocument/didShowInlineEdit";
export const DID_FOCUS = "textDocument/didFocus";
export const DID_REJECT = "midfill/didReject";

/** `didChangeStatus`: how the server is. */
export interface ServerStatus {
  readonly busy: boolean;
  readonly message: string;
  readonly kind: "Normal" | "Error" | "Warning" | "Inactive";
}
export const DID_CHANGE_STATUS = "didChangeStatus";

/** How one of the last requests was answered. */
export const TRACE = "midfill/trace";
