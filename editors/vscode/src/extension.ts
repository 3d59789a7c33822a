/** The entry point: makes the parts, and names the commands. */

import {
  commands,
  type ExtensionContext,
  ProcessExecution,
  Task,
  TaskScope,
  tasks,
  window,
  workspace,
} from "vscode";
import { chooseModel } from "./chooseModel.ts";
import { Connection } from "./connection.ts";
import { explainSilence } from "./explainSilence.ts";
import { Focus } from "./focus.ts";
import { GhostText } from "./ghostText.ts";
import { NextEdits } from "./nextedit/controller.ts";
import { hasNativeInlineEdits, registerNativeInlineEdits } from "./nextedit/native.ts";
import { SECTION } from "./settings.ts";
import { Starter } from "./starter.ts";
import { StatusBar } from "./statusBar.ts";
import { toggle, toggleFolder, toggleLanguage } from "./toggles.ts";
import { DenoisingView } from "./trace/panel.ts";
import { Settling } from "./trace/settling.ts";

/** Start the server when there is one, and offer to install it when there is none. */
export async function activate(context: ExtensionContext): Promise<void> {
  const log = window.createOutputChannel("Midfill", { log: true });
  const ghostText = new GhostText();
  const connection = new Connection(log, ghostText);
  const starter = new Starter(context, log, connection);
  // While it starts everything else is made ready, other extensions included.
  starter.startAhead();
  const settling = new Settling(connection);
  ghostText.settle = (id, editor, token) => settling.play(id, editor, token);
  const isNative = hasNativeInlineEdits(context);
  const nextEdits = new NextEdits(connection, !isNative);
  const view = new DenoisingView(context, connection);
  context.subscriptions.push(
    log,
    new StatusBar(connection),
    settling,
    nextEdits,
    view,
    connection,
    new Focus(connection, ghostText),
    workspace.onDidGrantWorkspaceTrust(() => void starter.start()),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`${SECTION}.server`)) void starter.start();
    }),
  );
  if (isNative) context.subscriptions.push(registerNativeInlineEdits(nextEdits));

  const register = (name: string, run: () => unknown) =>
    context.subscriptions.push(commands.registerCommand(`midfill.${name}`, run));
  register("menu", () => menu(context));
  register("restart", () => starter.start());
  register("install", () => starter.install());
  register("doctor", () => doctor(connection));
  register("showLog", () => log.show());
  register("showDenoising", () => view.open());
  register("explainSilence", () => explainSilence(connection, (id) => view.open(id)));
  register("chooseModel", () => chooseModel(connection));
  register("toggle", toggle);
  register("toggleFolder", toggleFolder);
  register("toggleLanguage", toggleLanguage);
  register("acceptWord", () => ghostText.acceptPart(connection, "Word"));
  register("acceptLine", () => ghostText.acceptPart(connection, "Line"));
  register("dismiss", () => ghostText.dismiss(connection));
  register("nextEdit.ask", () => {
    const editor = window.activeTextEditor;
    return editor && nextEdits.ask(editor, true);
  });
  register("nextEdit.accept", () => nextEdits.accept());
  register("nextEdit.dismiss", () => nextEdits.dismiss());
  register("nextEdit.next", () => nextEdits.jump());
  register("nextEdit.preview", () => nextEdits.openPreview());
  await starter.start();
}

/** Everything that can be done about Midfill, from the status bar item. */
async function menu({ extension }: ExtensionContext): Promise<void> {
  const entries = [
    ["$(play) Show the denoising", "midfill.showDenoising"],
    ["$(question) Why was nothing shown?", "midfill.explainSilence"],
    ["$(circle-slash) Switch on or off for this language", "midfill.toggleLanguage"],
    ["$(folder) Switch on or off in this folder", "midfill.toggleFolder"],
    ["$(power) Switch on or off everywhere", "midfill.toggle"],
    ["$(chip) Choose the model", "midfill.chooseModel"],
    ["$(refresh) Restart the server", "midfill.restart"],
    ["$(cloud-download) Install the server", "midfill.install"],
    ["$(pulse) Check the installation", "midfill.doctor"],
    ["$(output) Show the log", "midfill.showLog"],
    ["$(gear) Settings", "workbench.action.openSettings", `@ext:${extension.id}`],
    ["$(book) Get started", "workbench.action.openWalkthrough", `${extension.id}#start`],
  ] as const;
  const items = entries.map(([label, command, ...values]) => ({ label, command, values }));
  const chosen = await window.showQuickPick(items, { title: "Midfill" });
  if (chosen !== undefined) await commands.executeCommand(chosen.command, ...chosen.values);
}

/** `midfill doctor` as a task: its terminal stays open with what is wrong and what mends it. */
async function doctor(connection: Connection): Promise<void> {
  const program = connection.server?.program ?? "midfill";
  const execution = new ProcessExecution(program, ["doctor"]);
  const kind = { type: "process" };
  await tasks.executeTask(new Task(kind, TaskScope.Workspace, "doctor", "midfill", execution));
}
