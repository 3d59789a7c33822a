/** A real VS Code workbench: code-server on loopback, driven in headless Chromium. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type FrameLocator, type Page } from "playwright-core";
import type { Parts } from "./parts.ts";
import { freePort, listening, processes } from "./processes.ts";
import { ownFolders, writeJson, writeProgram, writeSettings } from "./settings.ts";

const STARTED_MS = 150_000;
const SHOWN_MS = 45_000;

/** One workbench with the extension in it. */
export class Workbench {
  readonly page: Page;
  private readonly parts: Parts;
  private readonly server: ChildProcess;
  private readonly browser: Browser;
  private readonly port: number;

  private constructor(
    parts: Parts,
    port: number,
    server: ChildProcess,
    browser: Browser,
    page: Page,
  ) {
    this.parts = parts;
    this.port = port;
    this.server = server;
    this.browser = browser;
    this.page = page;
  }

  /** Install the extension, write the settings, start everything. */
  static async start(
    parts: Parts,
    settings: object,
    extra: readonly string[] = [],
  ): Promise<Workbench> {
    const folders = {
      user: join(parts.folder, "user"),
      extensions: join(parts.folder, "extensions"),
      workspace: join(parts.folder, "workspace"),
    };
    mkdirSync(folders.workspace, { recursive: true });
    writeSettings(parts, settings);
    const common = [
      ...["--user-data-dir", folders.user, "--extensions-dir", folders.extensions],
      ...["--config", join(parts.folder, "config.yaml"), "--disable-telemetry"],
    ];
    execFileSync(process.execPath, [
      parts.codeServer,
      ...common,
      "--install-extension",
      parts.vsix,
    ]);
    const port = await freePort();
    const server = spawn(
      process.execPath,
      [
        ...[parts.codeServer, ...common, "--auth", "none", "--disable-update-check"],
        ...["--bind-addr", `127.0.0.1:${port}`, ...extra, folders.workspace],
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...ownFolders(parts) } },
    );
    // Whoever interrupts a run must not leave the server behind.
    process.once("exit", () => server.kill());
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
    await listening(server);
    const browser = await chromium.launch({
      executablePath: parts.chromium,
      args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"],
    });
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    // The page must not need anything from elsewhere, and must not get it.
    await page.route(
      (url) => !["127.0.0.1", "localhost"].includes(url.hostname),
      (route) => route.abort(),
    );
    return new Workbench(parts, port, server, browser, page);
  }

  /** Write a file of the workspace. */
  write(name: string, text: string): void {
    writeFileSync(join(this.parts.folder, "workspace", name), text);
  }

  /** Write a program that is the server, but first does a line of Python. */
  writeServer(name: string, line: string): string {
    const file = join(this.parts.folder, name);
    const call = ["from lsp_server.cli import main", "sys.exit(main())", ""];
    const lines = [shebang(this.parts.midfill), "import sys, time, lsp_server", line, ...call];
    writeFileSync(file, lines.join("\n"), { mode: 0o755 });
    return file;
  }

  /** Read a file of the workspace. */
  read(name: string): string {
    return readFileSync(join(this.parts.folder, "workspace", name), "utf8");
  }

  /** Change the user's settings and load the workbench anew. */
  async withSettings(settings: object, name: string): Promise<void> {
    writeSettings(this.parts, settings);
    await this.open(name);
  }

  /** Change the server's program, which starts another one. */
  useServer(program: string): void {
    writeProgram(this.parts, program);
  }

  /** Change the folder's settings, and wait until the extension has read them. */
  async withFolderSettings(settings: object): Promise<void> {
    const file = join(this.parts.folder, "workspace", ".vscode", "settings.json");
    // A bar without its detail is the sign that this file is in force.
    writeJson(file, { ...settings, "midfill.statusBar.detail": false });
    await this.barText((text) => text === "Midfill");
  }

  /** Take the folder's settings back, and wait until the extension has noticed. */
  async withoutFolderSettings(): Promise<void> {
    rmSync(join(this.parts.folder, "workspace", ".vscode"), { recursive: true });
    await this.barText((text) => text !== "Midfill");
  }

  /** Choose a theme by its label. */
  async theme(label: string): Promise<void> {
    await this.page.keyboard.press("Control+K");
    await this.page.keyboard.press("Control+T");
    await this.page.locator(".quick-input-widget input").fill(label);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: label }).waitFor();
    await this.page.keyboard.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /** Load the workbench with a file open, and wait until its editor can be typed into. */
  async open(name: string): Promise<void> {
    const folder = join(this.parts.folder, "workspace");
    const file = `vscode-remote://127.0.0.1:${this.port}${folder}/${name}`;
    const payload = encodeURIComponent(JSON.stringify([["openFile", file]]));
    await this.page.goto(
      `http://127.0.0.1:${this.port}/?folder=${encodeURIComponent(folder)}&payload=${payload}`,
      { waitUntil: "domcontentloaded", timeout: STARTED_MS },
    );
    await this.page.waitForSelector(".monaco-editor .view-line", { timeout: STARTED_MS });
    await this.status(/^Midfill, (ready|[\d.]+ m?s)/, STARTED_MS);
  }

  /** Open another file in the workbench that is already there. */
  async show(name: string): Promise<void> {
    await this.page.keyboard.press("Control+P");
    await this.page.locator(".quick-input-widget input").fill(name);
    // A key would take whichever row is first when it arrives: files found later move up.
    await this.page
      .locator(".quick-input-list .monaco-list-row", { hasText: name })
      .first()
      .click();
    await this.page.locator(".tab.active", { hasText: name }).waitFor({ timeout: SHOWN_MS });
    // The tab may be there first, and would take the next box along when it closes.
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden", timeout: SHOWN_MS });
    await this.focus();
  }

  /** Give the keys to the active editor. */
  async focus(): Promise<void> {
    await this.command("View: Focus Active Editor Group");
  }

  /** Run a command by its title. */
  async command(title: string): Promise<void> {
    await this.begin(title);
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden", timeout: SHOWN_MS });
  }

  /** Run a command that asks in a box with a title, and take what the box proposes first. */
  async commandWithFirst(title: string, boxTitle: string): Promise<void> {
    await this.begin(title);
    const box = this.page.locator(".quick-input-widget", { hasText: boxTitle });
    await box.locator(".monaco-list-row.focused").waitFor({ timeout: SHOWN_MS });
    await this.page.keyboard.press("Enter");
    await box.waitFor({ state: "hidden", timeout: SHOWN_MS });
  }

  /** Put the cursor at a place; both count from 1. */
  async goTo(line: number, column: number): Promise<void> {
    await this.page.keyboard.press("Control+G");
    const input = this.page.locator(".quick-input-widget input");
    await input.fill(`:${line}:${column}`);
    const place = this.page.locator(".quick-input-list", { hasText: `line ${line}` });
    await place.waitFor({ timeout: SHOWN_MS });
    await this.page.keyboard.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /** Type as a person does. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text, { delay: 60 });
  }

  /** Write over the word that begins at the cursor, in one change. */
  async replaceWord(text: string): Promise<void> {
    await this.page.keyboard.press("Control+Shift+ArrowRight");
    await this.page.keyboard.insertText(text);
  }

  /** Wait for ghost text that holds `part`; returns all of it. */
  async ghostText(part: string): Promise<string> {
    const ghost = this.page.locator(".view-lines [class*=ghost-text], .suggest-preview-text");
    return this.until(
      async () => spaces((await ghost.allTextContents()).join("")),
      (text) => text.includes(part),
      `ghost text with ${JSON.stringify(part)}`,
    );
  }

  /** Wait until no ghost text is shown. */
  async noGhostText(): Promise<void> {
    const ghost = this.page.locator(".view-lines [class*=ghost-text]");
    await this.until(
      async () => spaces((await ghost.allTextContents()).join("")),
      (text) => text.trim() === "",
      "no ghost text",
    );
  }

  /** Save the active file and return what is on the disk once `isRight` says so. */
  async saved(name: string, isRight: (text: string) => boolean): Promise<string> {
    // Again and again: what changes the text may still be under way.
    const save = async () => {
      await this.page.keyboard.press("Control+S");
      await this.page.waitForTimeout(300);
      return this.read(name);
    };
    return this.until(save, isRight, `the expected text in ${name}`);
  }

  /** Wait until the status bar item shows the right text. */
  async barText(isRight: (text: string) => boolean): Promise<string> {
    const item = this.page.locator('.statusbar-item[id*="midfill.status"] a');
    const read = async () => spaces((await item.textContent()) ?? "").trim();
    return this.until(read, isRight, "another text in the status bar");
  }

  /** Wait until the status bar item says something, as a screen reader reads it. */
  async status(pattern: RegExp, limitMs = SHOWN_MS): Promise<string> {
    const item = this.page.locator('.statusbar-item[id*="midfill.status"] a');
    return this.until(
      async () => ((await item.count()) > 0 ? ((await item.getAttribute("aria-label")) ?? "") : ""),
      (label) => pattern.test(label),
      `a status that matches ${pattern}`,
      limitMs,
    );
  }

  /** Run a command that answers in a notification; its text, closed again. */
  async toastOf(command: string): Promise<string> {
    await this.command(command);
    return this.toast();
  }

  /** The text of the notification that comes, closed again. */
  async toast(): Promise<string> {
    const toast = this.page.locator(".notification-toast").first();
    await toast.waitFor({ timeout: SHOWN_MS });
    const text = (await toast.textContent()) ?? "";
    await this.command("Notifications: Clear All Notifications");
    return text;
  }

  /** Wait for decorations of the editor that show `part` behind or before text. */
  async decoration(part: string): Promise<void> {
    await this.until(
      () => this.pseudoTexts(),
      (texts) => texts.some((text) => text.includes(part)),
      `a decoration with ${JSON.stringify(part)}`,
    );
  }

  /** From now on, notice decorations that show `part`, however briefly. */
  async watchDecorations(part: string): Promise<() => Promise<boolean>> {
    await this.page.evaluate((wanted) => {
      const look = () => {
        for (const span of document.querySelectorAll(".view-lines span")) {
          const { content } = getComputedStyle(span, "::after");
          if (content.includes(wanted)) document.body.dataset["seen"] = wanted;
        }
        requestAnimationFrame(look);
      };
      look();
    }, part);
    return () => this.page.evaluate((wanted) => document.body.dataset["seen"] === wanted, part);
  }

  /** The denoising view, once it is drawn. */
  async denoisingView(): Promise<FrameLocator> {
    const view = this.page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
    await view.locator("tr[data-frame]").first().waitFor({ timeout: SHOWN_MS });
    return view;
  }

  /** Processes of the language server that run below this workbench. */
  serverPids(): number[] {
    return processes((line) => line.includes(`${this.parts.midfill}\0lsp`));
  }

  /** Processes of the engine with a model, as it is written in JSON, that this server started. */
  enginePids(model: string): number[] {
    const python = shebang(this.parts.midfill).slice(2).split(" ")[0] ?? "";
    return processes(
      (line) => line.startsWith(python) && line.includes(`\0{"model": ${model}, "log_level"`),
    );
  }

  /** Keep a picture. */
  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: join(this.parts.folder, `${name}.png`) });
  }

  /** Poll until a value is right. Throws with the last value. */
  async until<T>(
    read: () => Promise<T>,
    isRight: (value: T) => boolean,
    what: string,
    limitMs = SHOWN_MS,
  ): Promise<T> {
    const end = Date.now() + limitMs;
    let value = await read();
    while (!isRight(value)) {
      if (Date.now() > end) {
        await this.picture("failed");
        throw new Error(`waited for ${what}; there is ${JSON.stringify(value)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
      value = await read();
    }
    return value;
  }

  async stop(): Promise<void> {
    await this.browser.close();
    const ended = new Promise((resolve) => this.server.once("exit", resolve));
    this.server.kill("SIGTERM");
    await ended;
  }

  private async begin(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    await this.page.locator(".quick-input-widget input").fill(`>${title}`);
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: title });
    await row.first().waitFor({ timeout: SHOWN_MS });
    await this.page.keyboard.press("Enter");
  }

  private pseudoTexts(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll(".view-lines span")].flatMap((span) =>
        ["::before", "::after"].map((side) => getComputedStyle(span, side).content),
      ),
    );
  }
}

/** The first line of a script, which names what runs it. */
function shebang(script: string): string {
  return readFileSync(script, "utf8").split("\n", 1)[0] ?? "";
}

/** Editors show non-breaking spaces where the text has ordinary ones. */
function spaces(text: string): string {
  return text.replaceAll("\u00a0", " ");
}
