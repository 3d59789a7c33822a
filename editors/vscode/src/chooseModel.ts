/** Lets the user choose among the models that are installed. */

import { ConfigurationTarget, type QuickPickItem, window, workspace } from "vscode";
import type { Connection } from "./connection.ts";
import { type InstalledModel, modelsIn } from "./models.ts";
import { mustRun } from "./process.ts";
import { SECTION } from "./settings.ts";

interface Choice extends QuickPickItem {
  /** What the setting becomes; undefined to browse for a folder. */
  readonly value?: string | null;
}

/** Ask for a model and put it into the settings; the server changes to it. */
export async function chooseModel(connection: Connection): Promise<void> {
  const { server } = connection;
  if (server === undefined) {
    void window.showInformationMessage("Midfill: the server is not installed yet.");
    return;
  }
  const configuration = workspace.getConfiguration(SECTION);
  const current = configuration.get<string | null>("model", null);
  const listed = mustRun([server.program, "models", "list", "--json"]).then(modelsIn);
  const choices = listed.then((models) => [
    ...models.map((model) => choiceOf(model, current)),
    { label: "$(folder-opened) A folder…", description: "with a manifest.json" },
  ]);
  const chosen = await window.showQuickPick<Choice>(choices, {
    title: "Midfill: the model",
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (chosen === undefined) return;
  const value = chosen.value === undefined ? await browse() : chosen.value;
  if (value !== undefined) {
    await configuration.update("model", value, ConfigurationTarget.Global);
  }
}

function choiceOf(model: InstalledModel, current: string | null): Choice {
  const value = model.name === "default" ? null : model.name;
  return {
    label: `${value === current ? "$(check) " : ""}${model.name}`,
    description: model.title,
    detail: model.quality,
    value,
  };
}

async function browse(): Promise<string | undefined> {
  const chosen = await window.showOpenDialog({
    title: "The folder of a model",
    canSelectFolders: true,
    canSelectFiles: false,
  });
  return chosen?.[0]?.fsPath;
}
