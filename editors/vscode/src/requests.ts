/** The last requests as the editor saw them: what the status line and the denoising view tell. */

/** One answered request. `id` is the server's; `reason` is null when something was proposed. */
export interface AnsweredRequest {
  readonly id: string;
  readonly about: "ghost text" | "next edit";
  readonly uri: string;
  /** Of the cursor, counted from 0. */
  readonly line: number;
  /** The document as it was when the answer came: the offsets of the plan count in it. */
  readonly text: string;
  readonly latencyMs: number;
  readonly reason: string | null;
  readonly detail: string;
  /** The first line of what was proposed, "" for a silence. */
  readonly preview: string;
}

const MAX_REQUESTS = 50; // as many as the server keeps traces of
const MAX_CHARACTERS = 8_000_000;

/** The last answered requests, oldest first; told to listeners as they come. */
export class Requests {
  private kept: AnsweredRequest[] = [];
  private readonly listeners = new Set<(request: AnsweredRequest) => void>();

  /** The kept requests, oldest first. */
  get all(): readonly AnsweredRequest[] {
    return this.kept;
  }

  /** The newest one about ghost text: it answers the last key. */
  get last(): AnsweredRequest | undefined {
    return this.kept.findLast((request) => request.about === "ghost text");
  }

  /** The newest one without a proposal. */
  get lastSilence(): AnsweredRequest | undefined {
    return this.kept.findLast((request) => request.reason !== null);
  }

  /** Remember a request; the oldest are forgotten when there are too many or their texts too long. */
  add(request: AnsweredRequest): void {
    this.kept.push(request);
    let characters = this.kept.reduce((sum, each) => sum + each.text.length, 0);
    while (
      this.kept.length > MAX_REQUESTS ||
      (characters > MAX_CHARACTERS && this.kept.length > 1)
    ) {
      characters -= this.kept.shift()?.text.length ?? 0;
    }
    for (const listener of this.listeners) listener(request);
  }

  /** The request that an id of it or of one of its items belongs to. */
  find(id: string): AnsweredRequest | undefined {
    return this.kept.find((request) => requestId(request.id) === requestId(id));
  }

  /** Forget all: a server that was started anew counts its ids from the beginning. */
  clear(): void {
    this.kept = [];
  }

  /** Call `listener` for each request from now on, until the returned function is called. */
  subscribe(listener: (request: AnsweredRequest) => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }
}

/** An item's id is its request's id and a number behind a dot. */
export function requestId(id: string): string {
  return id.split(".", 1)[0] ?? id;
}
