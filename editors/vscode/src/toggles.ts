/** Switches Midfill on and off: everywhere, in a folder, for a language. */

import { ConfigurationTarget, window, workspace } from "vscode";
import { SECTION } from "./settings.ts";

/** Switch everywhere. */
export async function toggle(): Promise<void> {
  const configuration = workspace.getConfiguration(SECTION);
  const isOn = configuration.get("enabled", true);
  await configuration.update("enabled", !isOn, ConfigurationTarget.Global);
  tell("everywhere", !isOn);
}

/** Switch in the folder of the active editor. */
export async function toggleFolder(): Promise<void> {
  const document = window.activeTextEditor?.document;
  const folder = document && workspace.getWorkspaceFolder(document.uri);
  if (folder === undefined) {
    void window.showInformationMessage("Midfill: open a file of a folder first.");
    return;
  }
  const configuration = workspace.getConfiguration(SECTION, folder.uri);
  const isOn = configuration.get("enabled", true);
  await configuration.update("enabled", !isOn, ConfigurationTarget.WorkspaceFolder);
  tell(`in ${folder.name}`, !isOn);
}

/** Switch for the language of the active editor. */
export async function toggleLanguage(): Promise<void> {
  const language = window.activeTextEditor?.document.languageId;
  if (language === undefined) {
    void window.showInformationMessage("Midfill: open a file of the language first.");
    return;
  }
  const configuration = workspace.getConfiguration(SECTION);
  const languages = configuration.get<readonly string[]>("disabledLanguages", []);
  const isOn = !languages.includes(language);
  const changed = isOn ? [...languages, language] : languages.filter((each) => each !== language);
  await configuration.update("disabledLanguages", changed, ConfigurationTarget.Global);
  tell(`for ${language}`, !isOn);
}

function tell(where: string, isOn: boolean): void {
  window.setStatusBarMessage(`Midfill is ${isOn ? "on" : "off"} ${where}.`, 4000);
}
