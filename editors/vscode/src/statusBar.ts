/** The status bar item: how Midfill is, how fast the last answer was, why nothing was shown. */

import {
  type Disposable,
  MarkdownString,
  StatusBarAlignment,
  type StatusBarItem,
  ThemeColor,
  window,
  workspace,
} from "vscode";
import type { Connection } from "./connection.ts";
import { setting, whyUnwanted } from "./settings.ts";
import { describe, type Look, type Situation } from "./situation.ts";

/** Shows the situation and opens the menu of commands, or installs the server that is missing. */
export class StatusBar implements Disposable {
  private readonly item: StatusBarItem;
  private readonly subscriptions: Disposable[];

  constructor(private readonly connection: Connection) {
    this.item = window.createStatusBarItem("midfill.status", StatusBarAlignment.Right, 100);
    this.item.name = "Midfill";
    const show = () => this.show();
    this.subscriptions = [
      connection.onDidChange(show),
      connection.requests.subscribe(show),
      window.onDidChangeActiveTextEditor(show),
      workspace.onDidChangeConfiguration(show),
    ];
    this.show();
    this.item.show();
  }

  /** Show the situation as it is now. */
  show(): void {
    const look = describe(situation(this.connection), setting("statusBar.detail", true));
    this.item.text = look.text;
    const isMissing = this.connection.phase === "missing";
    this.item.command = isMissing ? "midfill.install" : "midfill.menu";
    this.item.tooltip = tooltip(look);
    this.item.accessibilityInformation = { label: look.label, role: "button" };
    this.item.backgroundColor = BACKGROUNDS[look.severity];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.item.dispose();
  }
}

const BACKGROUNDS: Readonly<Record<Look["severity"], ThemeColor | undefined>> = {
  none: undefined,
  warning: new ThemeColor("statusBarItem.warningBackground"),
  error: new ThemeColor("statusBarItem.errorBackground"),
};

function situation(connection: Connection): Situation {
  const document = window.activeTextEditor?.document;
  return {
    phase: connection.phase,
    status: connection.status,
    serverVersion: connection.serverVersion,
    last: connection.requests.last,
    off: document === undefined ? null : whyUnwanted(document),
  };
}

function tooltip(look: Look): MarkdownString {
  const text = new MarkdownString("", true);
  // Details come from the server and may quote anything: never as Markdown.
  look.lines.forEach((line, index) => {
    if (index > 0) text.appendMarkdown("\n\n");
    text.appendText(line);
  });
  return text;
}
