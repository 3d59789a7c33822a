/** Answers "why was nothing shown?" for the last silence. */

import { commands, window } from "vscode";
import type { Connection } from "./connection.ts";
import { whyUnwanted } from "./settings.ts";
import { explain, sentence } from "./silence.ts";

/** Say it in a message with the mend as a button, where there is one. */
export async function explainSilence(
  connection: Connection,
  showDenoising: (id: string) => void,
): Promise<void> {
  const document = window.activeTextEditor?.document;
  const off = document === undefined ? null : whyUnwanted(document);
  if (off !== null) {
    await offer(`Midfill is silent here: ${off}.`, "midfill.enabled", undefined);
    return;
  }
  const silence = connection.requests.lastSilence;
  if (silence?.reason == null) {
    void window.showInformationMessage("Midfill: no request has ended in silence yet.");
    return;
  }
  const { setting, command } = explain(silence.reason);
  const answer = await offer(
    `Midfill showed nothing in line ${silence.line + 1}: ${sentence(silence.reason, silence.detail)}`,
    setting,
    command,
    "Show the Denoising",
  );
  if (answer === "Show the Denoising") showDenoising(silence.id);
}

async function offer(
  message: string,
  setting: string | undefined,
  command: string | undefined,
  ...more: readonly string[]
): Promise<string | undefined> {
  const mends =
    setting !== undefined ? ["Open the Setting"] : command !== undefined ? ["Mend"] : [];
  const answer = await window.showInformationMessage(message, ...mends, ...more);
  if (answer === "Open the Setting") {
    await commands.executeCommand("workbench.action.openSettings", setting);
  } else if (answer === "Mend" && command !== undefined) {
    await commands.executeCommand(command);
  }
  return answer;
}
