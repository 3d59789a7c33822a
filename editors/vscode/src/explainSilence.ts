/** Answers "why was nothing shown?" for the last silence. */

import { commands, window } from "vscode";
import type { Connection } from "./connection.ts";
import { whyUnwanted } from "./settings.ts";
import { type Explanation, explain, sentence } from "./silence.ts";

/** Say it in a message with the mend as a button, where there is one. */
export async function explainSilence(
  connection: Connection,
  showDenoising: (id: string) => void,
): Promise<void> {
  const document = window.activeTextEditor?.document;
  const off = document === undefined ? null : whyUnwanted(document);
  if (off !== null) {
    await offer(`Midfill is silent here: ${off}.`, { setting: "midfill.enabled" });
    return;
  }
  const silence = connection.requests.lastSilence;
  if (silence?.reason == null) {
    void window.showInformationMessage("Midfill: no request has ended in silence yet.");
    return;
  }
  const answer = await offer(
    `Midfill showed nothing in line ${silence.line + 1}: ${sentence(silence.reason, silence.detail)}`,
    explain(silence.reason),
    "Show the Denoising",
  );
  if (answer === "Show the Denoising") showDenoising(silence.id);
}

async function offer(
  message: string,
  { setting, command, button }: Pick<Explanation, "setting" | "command" | "button">,
  ...more: readonly string[]
): Promise<string | undefined> {
  const mend = setting === undefined ? button : "Open the Setting";
  const buttons = mend === undefined ? more : [mend, ...more];
  const answer = await window.showInformationMessage(message, ...buttons);
  if (answer === undefined || answer !== mend) return answer;
  if (setting !== undefined) {
    await commands.executeCommand("workbench.action.openSettings", setting);
  } else if (command !== undefined) {
    await commands.executeCommand(command);
  }
  return answer;
}
