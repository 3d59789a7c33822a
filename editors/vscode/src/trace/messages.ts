/** What the extension and its denoising view say to each other. */

import type { PlanLine } from "./plan.ts";
import type { TraceRecord } from "./record.ts";

/** A line of the list of requests. */
export interface RequestEntry {
  readonly id: string;
  readonly label: string;
  readonly isProposal: boolean;
}

/** From the extension. */
export type ToView =
  | { readonly type: "empty"; readonly message: string }
  | { readonly type: "list"; readonly requests: readonly RequestEntry[] }
  | {
      readonly type: "trace";
      readonly id: string;
      readonly record: TraceRecord;
      readonly lines: readonly PlanLine[];
    };

/** From the view; `line` counts from 1. */
export type FromView =
  | { readonly type: "ready" }
  | { readonly type: "select"; readonly id: string }
  | { readonly type: "reveal"; readonly id: string; readonly line: number };
