/** The settings that the extension itself reads; all others are the server's. */

import { type TextDocument, type Uri, workspace } from "vscode";

/** The section that server and extension share. */
export const SECTION = "midfill";

/** Sections below it that only the extension reads: the server would call them unknown. */
export const CLIENT_SECTIONS: readonly string[] = ["server", "nextEdit", "ghostText", "statusBar"];

/** Languages that the server fills by their syntax; others are plain text to it. */
export const SCHEMES: readonly string[] = [
  "file",
  "untitled",
  "vscode-notebook-cell",
  "vscode-vfs",
];

/** Read one of the extension's settings. */
export function setting<T>(name: string, fallback: T, scope?: Uri): T {
  return workspace.getConfiguration(SECTION, scope).get<T>(name, fallback);
}

/** Whether proposals are wanted in a document: per folder, per language, and at all. */
export function isWanted(document: TextDocument): boolean {
  return whyUnwanted(document) === null;
}

/** Which setting keeps Midfill silent in a document, as a phrase, or null. */
export function whyUnwanted(document: TextDocument): string | null {
  if (!SCHEMES.includes(document.uri.scheme)) return "this is no file";
  if (!setting("enabled", true, document.uri)) return "midfill.enabled is false here";
  const languages = setting<readonly string[]>("disabledLanguages", [], document.uri);
  return languages.includes(document.languageId)
    ? `midfill.disabledLanguages holds ${document.languageId}`
    : null;
}

/** What the server may know of the `midfill` section: everything but the extension's own. */
export function serverSettings(values: unknown): unknown {
  if (typeof values !== "object" || values === null) return values;
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => !CLIENT_SECTIONS.includes(name)),
  );
}
