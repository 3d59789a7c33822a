/** The stages of a request and their shares of its time. Knows no editor. */

/** One stage; `share` is of all stages together. */
export interface Stage {
  readonly name: string;
  readonly ms: number;
  readonly share: number;
}

/** The stages in the order they ran, what no stage accounts for at the end. */
export function stages(timingsMs: Readonly<Record<string, number>>): Stage[] {
  const { total = 0, ...rest } = timingsMs;
  const named = Object.entries(rest);
  const sum = named.reduce((before, [, ms]) => before + ms, 0);
  const whole = Math.max(total, sum);
  if (whole <= 0) return [];
  if (whole - sum >= 0.5) named.push(["other", whole - sum]);
  return named.map(([name, ms]) => ({ name, ms, share: ms / whole }));
}
