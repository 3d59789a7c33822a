/** The extension and the server are released together; says what to do when they differ. */

/** What differs and the mend, or null when both are of one version. */
export interface Mismatch {
  readonly message: string;
  /** Whether the server is the older one: then it is the server that should be updated. */
  readonly isServerOlder: boolean;
}

/** Compare the server's version with the extension's. */
export function mismatch(extension: string, server: string | undefined): Mismatch | null {
  if (server === extension) return null;
  if (server === undefined) {
    return {
      message: `The language server does not tell its version; this extension needs midfill ${extension}.`,
      isServerOlder: true,
    };
  }
  const isServerOlder = compare(server, extension) < 0;
  const mend = isServerOlder
    ? `update the server (pip install midfill==${extension})`
    : "update the extension";
  return {
    message: `Midfill's server is ${server}, this extension is ${extension}: ${mend}.`,
    isServerOlder,
  };
}

/** Negative when `left` is older. Only numbers count: a release candidate equals its release. */
export function compare(left: string, right: string): number {
  const [lefts, rights] = [parts(left), parts(right)];
  for (let index = 0; index < Math.max(lefts.length, rights.length); index++) {
    const difference = (lefts[index] ?? 0) - (rights[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The version in a line such as `midfill 0.1.0`, as `midfill --version` prints it. */
export function versionIn(output: string): string | undefined {
  return /\bmidfill (\d[\w.+-]*)/.exec(output)?.[1];
}

function parts(version: string): number[] {
  return version.split(/[.+-]/).map((part) => Number.parseInt(part, 10) || 0);
}
