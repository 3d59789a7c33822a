/** Says in words why nothing was shown, and what can be done about it. Knows no editor. */

import reasons from "./reasons.json" with { type: "json" };

/** A reason as people read it. `setting` or `command` (with its `button`) is the mend, if any. */
export interface Explanation {
  readonly short: string;
  readonly long: string;
  readonly setting?: string;
  readonly command?: string;
  readonly button?: string;
}

const EXPLANATIONS: Readonly<Record<string, Explanation>> = reasons;

/** The explanation of a reason; one that this version does not know is shown as it is. */
export function explain(reason: string): Explanation {
  return EXPLANATIONS[reason] ?? { short: words(reason), long: `${words(reason)}.` };
}

/** A whole answer to "why was nothing shown?"; the server's detail comes behind the sentence. */
export function sentence(reason: string, detail: string): string {
  const { long } = explain(reason);
  return detail === "" ? long : `${long} (${detail})`;
}

function words(reason: string): string {
  const lower = reason.toLowerCase().replaceAll("_", " ");
  return lower.charAt(0).toUpperCase() + lower.slice(1);
}
