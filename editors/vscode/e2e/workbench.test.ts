/** What a person does with the extension, in the real editor. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import reasons from "../src/reasons.json" with { type: "json" };
import { partsOfEnvironment, removeParts } from "./parts.ts";
import { Workbench } from "./workbench.ts";

// The scripted model repeats what followed the same words above: the same text on any machine.
const SCRIPTED = { "midfill.model": "scripted", "midfill.mode": "eager" };
const TOTALS = "def total(prices):\n    return sum(prices) + shipping\n\n\ndef mean(prices):\n    ";
const RENAMED = TOTALS.replace("total(prices)", "total(amounts)").replace(
  "sum(prices)",
  "sum(amounts)",
);
const AREA =
  "def area(width, height):\n    return width * height\n\n\nprint(area(2, 3))\nprint(area(4, 5))\n";
const SAVE = `import json


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def save(path, data):
    with open(path, "w", encoding="utf-8") as file:
        json
`;
const CALLS = "def f(x, y):\n    return x\n\n\nf(1, 2)\nf(2, 3)\n";
const CHECKED = "// @ts-check\nconst size = 1;\nconsole.log(size);\nconsole.log(siez);\n";
// While the model is being loaded the bar shows neither a time nor a reason.
const SILENCES = Object.values(reasons).map((reason) => reason.short);
const ANSWERED = new RegExp(`^Midfill, ([\\d.]+ m?s|${SILENCES.join("|")})$`);
const TAKEN = "    return sum(prices) + shipping";

const parts = partsOfEnvironment("VSIX");
let bench: Workbench;

before(async () => {
  bench = await Workbench.start(parts, SCRIPTED);
  for (const name of [
    "tab.py",
    "parts.py",
    "animated.py",
    "by_hand.py",
    "crash.py",
    "early.py",
    "folder.py",
    "language.py",
    "restarted.py",
  ])
    bench.write(name, TOTALS);
  bench.write("rename.py", TOTALS);
  bench.write("save.py", SAVE);
  bench.write("next_edit.py", AREA);
  bench.write("checked.js", CHECKED);
  bench.write("calls.py", CALLS);
  bench.write("silent.txt", "one two three\n");
  await bench.open("tab.py");
});

afterEach(async (context) => {
  if ("passed" in context && !context.passed) await bench.picture(`failed: ${context.name}`);
});

after(async () => {
  await bench?.stop();
  removeParts(parts);
});

test("ghost text appears while typing, and Tab takes it", async () => {
  await bench.goTo(6, 5);
  await bench.type("return sum(pri");
  assert.equal(await bench.ghostText("ces"), "ces) + shipping");
  await bench.status(/^Midfill, [\d.]+ m?s$/);
  await bench.picture("ghost-text");
  await bench.page.keyboard.press("Tab");
  await bench.noGhostText();
  await bench.saved("tab.py", (text) => text === TOTALS.trimEnd().concat("\n", TAKEN));
});

test("the denoising view replays the proposal with the keyboard", async () => {
  await bench.command("Midfill: Show the Denoising");
  const view = await bench.denoisingView();
  const current = view.locator("tr.current");
  const rows = await view.locator("tr[data-frame]").count();
  assert.ok(rows >= 2, "the start and a step at least");
  await view.locator("#step").focus();
  await bench.page.keyboard.press("Home");
  assert.equal(await current.getAttribute("data-frame"), "0");
  assert.equal(await view.locator('tr.current .cell:not([data-state="masked"])').count(), 0);
  await bench.page.keyboard.press("ArrowRight");
  assert.equal(await current.getAttribute("data-frame"), "1");
  await bench.page.keyboard.press("End");
  assert.equal(await current.getAttribute("data-frame"), String(rows - 1));
  await bench.picture("denoising-view");
  const written = (await view.locator("tr.current .cell").allTextContents()).join("");
  assert.match(written, /ces\)·\+·shipping/);
  assert.match((await view.locator(".source").textContent()) ?? "", /def mean\(prices\):/);
  assert.ok((await view.locator(".timings tr").count()) > 1);
  assert.match(
    (await view.locator("#summary").textContent()) ?? "",
    /^Step \d+: .* after \d+ ms\.$/,
  );
  await bench.command("View: Close All Editors in Group");
});

test("the denoising view follows the theme", async () => {
  await bench.show("tab.py");
  await bench.command("Midfill: Show the Denoising");
  for (const [theme, kind] of [
    ["Dark High Contrast", "vscode-high-contrast"],
    ["Light Modern", "vscode-light"],
    ["Dark Modern", "vscode-dark"],
  ] as const) {
    await bench.theme(theme);
    const view = await bench.denoisingView();
    await view.locator(`body.${kind}`).waitFor();
    const cell = view.locator("tr.current .cell").first();
    const [text, paper] = await cell.evaluate((element) => [
      getComputedStyle(element).color,
      getComputedStyle(document.body).backgroundColor,
    ]);
    assert.notEqual(text, paper);
    await bench.picture(`denoising-${kind}`);
  }
  await bench.theme("Light Modern");
  await bench.command("View: Close All Editors in Group");
});

test("ghost text is taken by the word, then by the line", async () => {
  await bench.show("parts.py");
  await bench.goTo(6, 5);
  await bench.type("return sum(pri");
  await bench.ghostText("ces) + shipping");
  await bench.page.keyboard.press("Control+ArrowRight");
  await bench.ghostText(") + shipping");
  await bench.saved("parts.py", (text) => text.endsWith("    return sum(prices"));
  await bench.ghostText(") + shipping");
  await bench.page.keyboard.press("Control+ArrowDown");
  await bench.noGhostText();
  await bench.saved("parts.py", (text) => text === TOTALS.trimEnd().concat("\n", TAKEN));
});

test("the canvas settles at the cursor before the ghost text, where that is wanted", async () => {
  await bench.withFolderSettings({ "midfill.ghostText.animate": true });
  try {
    await bench.show("animated.py");
    await bench.goTo(6, 5);
    const wasSeen = await bench.watchDecorations("░");
    await bench.type("return sum(pri");
    await bench.ghostText("ces) + shipping");
    assert.equal(await wasSeen(), true);
  } finally {
    await bench.withoutFolderSettings();
  }
});

test("a key asks by hand, where nothing is shown unasked", async () => {
  await bench.withFolderSettings({ "midfill.mode": "off" });
  try {
    await bench.show("by_hand.py");
    await bench.goTo(6, 5);
    await bench.type("return sum(pri");
    await bench.status(/^Midfill, switched off/);
    await bench.noGhostText();
    await bench.page.keyboard.press("Alt+Backslash");
    await bench.ghostText("ces) + shipping");
  } finally {
    await bench.withoutFolderSettings();
  }
});

test("a rename through the editor's own box changes every place, and one undo all back", async () => {
  await bench.show("rename.py");
  await bench.goTo(1, 14);
  await bench.page.keyboard.press("F2");
  const box = bench.page.locator(".rename-box input");
  await box.waitFor();
  await box.fill("amounts");
  await bench.page.keyboard.press("Enter");
  await bench.saved("rename.py", (text) => text === RENAMED);
  await bench.page.keyboard.press("Control+Z");
  await bench.saved("rename.py", (text) => text === TOTALS);
});

test("a next edit of two places is made with one key, and undone with one", async () => {
  await bench.show("next_edit.py");
  await bench.goTo(1, 5);
  await bench.replaceWord("surface");
  await bench.decoration("surface");
  await bench.decoration("2 places");
  await bench.picture("next-edit");
  await bench.page.keyboard.press("Alt+Enter");
  await bench.saved("next_edit.py", (text) => text === AREA.replaceAll("area", "surface"));
  await bench.page.keyboard.press("Control+Z");
  await bench.saved("next_edit.py", (text) => text === AREA.replace("area", "surface"));
});

test("places that stand for themselves are made one by one", async () => {
  await bench.show("calls.py");
  await bench.goTo(1, 8);
  for (let count = 0; count < 3; count++) await bench.page.keyboard.press("Shift+ArrowRight");
  await bench.page.keyboard.press("Delete");
  await bench.decoration("1 of 2");
  await bench.page.keyboard.press("Alt+Enter");
  await bench.saved("calls.py", (text) => text === CALLS.replace(", y", "").replace(", 2", ""));
  await bench.page.keyboard.press("Alt+Enter");
  const done = CALLS.replace(", y", "").replace(", 2", "").replace(", 3", "");
  await bench.saved("calls.py", (text) => text === done);
});

test("what another tool found wrong near the edit is mended", async () => {
  await bench.show("checked.js");
  await bench.page.locator(".squiggly-error").first().waitFor();
  await bench.goTo(2, 14);
  await bench.replaceWord("2");
  await bench.command("Midfill: Propose the Next Edit");
  await bench.decoration("Tab to apply");
  await bench.page.keyboard.press("Alt+Enter");
  await bench.saved(
    "checked.js",
    (text) => text === CHECKED.replace("1;", "2;").replace("siez", "size"),
  );
});

test("a silence has its reason in the status bar and in a message", async () => {
  await bench.show("silent.txt");
  await bench.goTo(2, 1);
  // To ask takes the focus, which ends a request under way: type on, and wait longer each time.
  let pauseMs = 0;
  await bench.until(
    async () => {
      await bench.focus();
      await bench.type("zzz");
      pauseMs += 1000;
      await bench.page.waitForTimeout(pauseMs);
      return bench.toastOf("Midfill: Why Was Nothing Shown?");
    },
    (text) => text.includes("Midfill showed nothing in line 2:"),
    "the reason of this silence",
  );
  await bench.status(/^Midfill, (?!ready|[\d.]+ m?s)/);
});

test("a language that is switched off is left alone, until it is switched on again", async () => {
  await bench.show("language.py");
  await bench.command("Midfill: Switch On or Off for This Language");
  await bench.status(/silent: midfill\.disabledLanguages holds python/);
  await bench.goTo(6, 5);
  await bench.type("return sum(pr");
  assert.match(
    await bench.toastOf("Midfill: Why Was Nothing Shown?"),
    /silent here: midfill\.disabledLanguages holds python/,
  );
  await bench.noGhostText();
  await bench.command("Midfill: Switch On or Off for This Language");
  await bench.status(/^Midfill, (?!silent)/);
  await bench.focus();
  await bench.type("i");
  await bench.ghostText("ces) + shipping");
  await bench.page.keyboard.press("Escape");
  await bench.noGhostText();
});

test("a folder that is switched off is left alone, until it is switched on again", async () => {
  await bench.show("folder.py");
  await bench.command("Midfill: Switch On or Off in This Folder");
  await bench.status(/silent: midfill\.enabled is false here/);
  await bench.goTo(6, 5);
  await bench.type("return sum(pr");
  assert.match(
    await bench.toastOf("Midfill: Why Was Nothing Shown?"),
    /silent here: midfill\.enabled is false here/,
  );
  await bench.noGhostText();
  await bench.command("Midfill: Switch On or Off in This Folder");
  await bench.status(/^Midfill, (?!silent)/);
  await bench.focus();
  await bench.type("i");
  await bench.ghostText("ces) + shipping");
});

test("a server that is killed comes back, and proposes again", async () => {
  // A workbench that was loaded anew leaves its extension host, and a server, for a while.
  const killed = bench.serverPids();
  assert.ok(killed.length > 0, "the server's process");
  for (const pid of killed) process.kill(pid, "SIGKILL");
  await bench.until(
    async () => bench.serverPids(),
    (pids) => pids.length > 0 && !pids.some((pid) => killed.includes(pid)),
    "another server process",
  );
  await bench.status(/^Midfill, ready/);
  await bench.show("crash.py");
  await bench.goTo(6, 5);
  await bench.type("return sum(pri");
  await bench.ghostText("ces) + shipping");
});

test("the server is started anew by a command", async () => {
  const before = bench.serverPids();
  await bench.command("Midfill: Restart the Server");
  await bench.until(
    async () => bench.serverPids(),
    (pids) => pids.length > 0 && !pids.some((pid) => before.includes(pid)),
    "another server process",
  );
  await bench.status(/^Midfill, ready/);
  await bench.show("restarted.py");
  await bench.goTo(6, 5);
  await bench.type("return sum(pri");
  await bench.ghostText("ces) + shipping");
});

test("where the cursor rests the server is told, so that it reads ahead", async () => {
  const told = join(parts.folder, "told");
  writeFileSync(told, "");
  const note = [
    "import lsp_server.methods.did_focus as it; told = it.did_focus",
    `it.did_focus = lambda session, focus: (print(focus, file=open(${JSON.stringify(told)}, "a")), told(session, focus))`,
  ];
  bench.useServer(bench.writeServer("noting", note.join("; ")));
  await bench.status(/^Midfill, ready/);
  await bench.show("restarted.py");
  await bench.goTo(2, 7);
  await bench.until(
    async () => readFileSync(told, "utf8"),
    (text) => /line=1, character=6\b/.test(text),
    "the cursor's place at the server",
  );
});

test("a server of another version is told, with the mend", async () => {
  bench.useServer(bench.writeServer("old", "lsp_server.__version__ = '0.0.1'"));
  const told = await bench.toast();
  assert.match(
    told,
    /server is 0\.0\.1, this extension is [\d.]+: update the server \(pip install midfill==/,
  );
  bench.useServer(bench.writeServer("new", "lsp_server.__version__ = '99.0.0'"));
  assert.match(await bench.toast(), /server is 99\.0\.0, .*: update the extension\./);
});

test("a program that is no server is told, with the mend", async () => {
  bench.useServer("/bin/true");
  await bench.status(/true is no midfill executable: correct or clear the setting/);
});

test("what is typed while the server starts is proposed for when it is there", async () => {
  await bench.show("early.py");
  bench.useServer(bench.writeServer("slow", "time.sleep(10)"));
  await bench.status(/^Midfill, starting/);
  await bench.goTo(6, 5);
  await bench.type("return sum(pri");
  await bench.status(/^Midfill, starting/, 0);
  await bench.ghostText("ces) + shipping");
});

test("a model is chosen from those that are there", async () => {
  const another = async (model: string, before: readonly number[]) =>
    bench.until(
      async () => bench.enginePids(model),
      (pids) => pids.some((pid) => !before.includes(pid)),
      `another engine with ${model}`,
    );
  const scripted = bench.enginePids('"scripted"');
  await bench.withSettings(SCRIPTED, "restarted.py");
  await another('"scripted"', scripted);
  const shipped = bench.enginePids("null");
  await bench.commandWithFirst("Midfill: Choose the Model…", "Midfill: the model");
  await another("null", shipped);
  await bench.status(/^Midfill, (ready|[\d.]+ m?s)/, 60_000);
});

test("the model that ships answers in the editor", async () => {
  await bench.withSettings({ "midfill.mode": "eager", "midfill.budgetMs": 30_000 }, "save.py");
  await bench.goTo(11, 13);
  await bench.type(".");
  // What it proposes differs a little between processors; that it answers does not.
  await bench.status(ANSWERED, 60_000);
  await bench.picture("default-model");
  await bench.command("Midfill: Show the Denoising");
  const view = await bench.denoisingView();
  assert.match((await view.locator(".outcome").textContent()) ?? "", /midfill-/);
  await view.locator("#step").focus();
  await bench.page.keyboard.press("End");
  await bench.picture("denoising-default-model");
});
