/** What a workbench is set to, and where it keeps what it keeps. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Parts } from "./parts.ts";

// What would move things about, ask questions, or come from somebody else.
const QUIET_SETTINGS = {
  "chat.disableAIFeatures": true,
  "editor.autoClosingBrackets": "never",
  "editor.fontSize": 15,
  "editor.inlineSuggest.enabled": true,
  "editor.minimap.enabled": false,
  "editor.parameterHints.enabled": false,
  "editor.quickSuggestions": { comments: "off", other: "off", strings: "off" },
  "editor.suggestOnTriggerCharacters": false,
  "editor.wordBasedSuggestions": "off",
  "extensions.autoCheckUpdates": false,
  "files.autoSave": "off",
  "git.enabled": false,
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};

/** What the server keeps for its user, it keeps for this run. */
export function ownFolders(parts: Parts): Record<string, string> {
  const names = ["XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"];
  return Object.fromEntries(names.map((name) => [name, join(parts.folder, "user", name)]));
}

/** The user's settings, over those that keep a run quiet; the program is the one under test. */
export function writeSettings(parts: Parts, settings: object): void {
  const user = join(parts.folder, "user");
  writeJson(join(user, "User", "settings.json"), { ...QUIET_SETTINGS, ...settings });
  writeProgram(parts, parts.midfill);
}

/** The editor runs on a remote machine, and programs are that machine's settings. */
export function writeProgram(parts: Parts, program: string): void {
  const file = join(parts.folder, "user", "Machine", "settings.json");
  writeJson(file, { "midfill.server.path": program });
}

export function writeJson(file: string, values: object): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(values, null, 2));
}
