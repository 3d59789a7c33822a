/** What the server answers to `midfill/trace`. Offsets are bytes of UTF-8. */

/** State of one position of a canvas. */
export type PositionState = "CONTEXT" | "MASKED" | "COMMITTED";

/** One hole of a plan. */
export interface Hole {
  readonly start_byte: number;
  readonly end_byte: number;
  readonly kind: string;
  readonly reason: string;
}

/** Which spans were masked, and why. */
export interface Plan {
  readonly holes: readonly Hole[];
  readonly reason: string;
  readonly cursor_hole?: number;
  readonly rest?: { readonly start_byte: number; readonly end_byte: number };
}

/** All holes after one denoising step: outer lists run over holes, inner ones over positions. */
export interface Step {
  readonly ids: readonly (readonly number[])[];
  readonly texts: readonly (readonly string[])[];
  readonly states: readonly (readonly PositionState[])[];
  readonly p: readonly (readonly number[])[];
  readonly committed: readonly (readonly [number, number])[];
  readonly remasked: readonly (readonly [number, number])[];
  readonly forwards: number;
  readonly elapsed_ms: number;
}

/** How the request ended. */
export interface Outcome {
  readonly outcome: "proposal" | "refusal";
  readonly reason: string | null;
  readonly detail: string;
  readonly text: string;
  readonly edits: readonly { readonly start_byte: number; readonly new_text: string }[];
  readonly token_confidence: readonly { readonly bytes: number; readonly p: number }[];
  readonly confidence: number;
  readonly steps: number;
  readonly forwards: number;
  readonly model: string;
}

/** One request's whole way. */
export interface TraceRecord {
  readonly id: string;
  readonly uri: string;
  /** The request that the engine answered: an earlier one when the cache had the answer. */
  readonly origin?: string;
  readonly plan: Plan;
  readonly steps: readonly Step[];
  readonly timings_ms: Readonly<Record<string, number>>;
  readonly outcome: Outcome;
}
