/** Reads what `midfill models list --json` prints. Knows no editor. */

/** A model that the server can load by its name. */
export interface InstalledModel {
  readonly name: string;
  readonly title: string;
  /** Its measured numbers on one line. */
  readonly quality: string;
}

/** The models in the output. Throws SyntaxError when it is no JSON. */
export function modelsIn(output: string): InstalledModel[] {
  const models: readonly {
    name: string;
    model: string;
    base: string;
    quality: Record<string, number>;
  }[] = JSON.parse(output);
  return models.map(({ name, model, base, quality }) => ({
    name,
    title: `${model}, from ${base}`,
    quality: Object.entries(quality)
      .map(([measure, value]) => `${measure} ${value}`)
      .join(" · "),
  }));
}
