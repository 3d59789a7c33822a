// In a real JupyterLab, in a headless Chromium: type, see ghost text, accept it.
// node lab.mjs JUPYTER MIDFILL   (playwright-core is found through NODE_PATH)
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(`${process.env.NODE_PATH}/`);
const { chromium } = require("playwright-core");
const [jupyter, midfill] = process.argv.slice(2);
const PATIENCE_MS = 120_000;
const GHOST = ".jp-GhostText";

const folder = mkdtempSync(join(tmpdir(), "midfill-lab-"));
const cell = (source, id) => ({ cell_type: "code", id, metadata: {}, execution_count: null, outputs: [], source });
const notebook = {
  cells: [cell("alpha = load(1, 2)\nprint(alpha)", "first"), cell("", "second")],
  metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" }, language_info: { name: "python" } },
  nbformat: 4,
  nbformat_minor: 5,
};
writeFileSync(join(folder, "a.ipynb"), JSON.stringify(notebook));
writeFileSync(join(folder, "config.py"), `
c.MidfillExtension.command = ${JSON.stringify([midfill, "lsp", "--model", "scripted"])}
c.MidfillExtension.server_settings = {"mode": "eager", "feedback": False, "maxDelayMs": 1}
c.MidfillExtension.disabled_folders = ["off"]
c.MidfillExtension.disabled_languages = ["r"]
# What the language server logs is passed on at this level.
c.MidfillExtension.log_level = "DEBUG"
`);

let log = "";
const lab = spawn(jupyter, [
  "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0", "--IdentityProvider.token=secret",
  `--ServerApp.root_dir=${folder}`, `--config=${join(folder, "config.py")}`,
], { env: { ...process.env, JUPYTER_CONFIG_DIR: join(folder, "config"), JUPYTER_RUNTIME_DIR: join(folder, "run") } });
for (const stream of [lab.stdout, lab.stderr]) stream.on("data", (data) => { log += data; });

async function until(what, condition) {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const value = await condition();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s\n${log.slice(-3000)}`);
}

function check(what, is) {
  if (!is) throw new Error(what);
  console.log(`ok    ${what}`);
}

async function run(page, base) {
  await page.goto(`${base}/lab/tree/a.ipynb?token=secret`);
  const editors = page.locator(".jp-CodeCell .cm-content");
  await until("the notebook", async () => (await editors.count()) === 2);
  await editors.nth(1).click();
  // The plugin is there when the first answer is: a letter is typed until then.
  await editors.nth(1).pressSequentially("alpha =");
  const ghost = page.locator(GHOST);
  await until("ghost text", async () => {
    if (await ghost.count()) return true;
    await page.keyboard.press("Backspace");
    await page.keyboard.type("=");
    await page.waitForTimeout(700);
    return (await ghost.count()) > 0;
  });
  check("another cell's text goes on in this one", (await ghost.first().textContent()) === " load(1, 2)");
  if (process.env.MIDFILL_SHOT) await page.screenshot({ path: process.env.MIDFILL_SHOT });
  await page.keyboard.press("Tab");
  await until("accepted", async () => (await editors.nth(1).textContent()) === "alpha = load(1, 2)");
  check("Tab accepts it", true);
}

async function ask(base, body, signal) {
  const response = await fetch(`${base}/midfill/proposals`, {
    method: "POST",
    headers: { Authorization: "token secret", "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  return { status: response.status, body: await response.json() };
}

async function runAddress(base) {
  const good = {
    path: "b.ipynb", language: "python", active: 0, triggerKind: 2,
    cells: [{ id: "x", kind: "code", text: "alpha = load(1, 2)\nalpha =" }],
    position: { line: 1, character: 7 },
  };
  const answered = await ask(base, good);
  check("the address answers", answered.body.items[0]?.insertText === " load(1, 2)");
  const off = await ask(base, { ...good, path: "off/b.ipynb" });
  check("a folder can be switched off, and it is said", off.body.midfill.detail.includes("disabled_folders"));
  const language = await ask(base, { ...good, language: "r" });
  check("a language can be switched off, and it is said", language.body.midfill.detail.includes("disabled_languages"));
  await until("a cancelled request", async () => {
    // An answer that is already known comes too fast: another text each time.
    const cells = [{ ...good.cells[0], text: `alpha = load(${Math.random()})\nalpha =` }];
    const asked = ask(base, { ...good, cells }, AbortSignal.timeout(15));
    await asked.catch((error) => error.name === "TimeoutError" || Promise.reject(error));
    return log.includes("CANCELLED");
  });
  check("a request that nobody waits for is cancelled", true);
  const wrong = await ask(base, { ...good, active: 7 });
  check("a wrong body is refused with what is wrong", wrong.status === 400 && JSON.stringify(wrong.body).includes("active is 7"));
  const stranger = await fetch(`${base}/midfill/proposals`, { method: "POST", body: "{}" });
  check("a stranger is not answered", stranger.status === 403);
}

async function runCrash(base) {
  const children = readFileSync(`/proc/${lab.pid}/task/${lab.pid}/children`, "utf8").trim().split(/\s+/);
  const servers = children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("scripted"));
  check("one language server for all notebooks", servers.length === 1);
  process.kill(Number(servers[0]), "SIGKILL");
  const body = {
    path: "c.ipynb", language: "python", active: 0, triggerKind: 2,
    cells: [{ id: "x", kind: "code", text: "beta = load(3)\nbeta =" }], position: { line: 1, character: 6 },
  };
  await until("a new server", async () => (await ask(base, body)).body.items?.[0]?.insertText === " load(3)");
  check("a server that dies is started again", true);
}

let browser;
let code = 1;
try {
  const base = await until("JupyterLab", async () => log.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0]);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const page = await browser.newPage();
  await page.route("**", (route) => (new URL(route.request().url()).hostname === "127.0.0.1" ? route.continue() : route.abort()));
  await run(page, base);
  await runAddress(base);
  if (process.platform === "linux") await runCrash(base);
  check("the extension did not complain", !/Traceback/.test(log));
  code = 0;
} catch (error) {
  console.error(`FAIL  ${error.stack ?? error}\n${log.slice(-2000)}`);
} finally {
  await browser?.close();
  lab.kill("SIGTERM");
  await new Promise((resolve) => { lab.on("exit", resolve); setTimeout(() => { lab.kill("SIGKILL"); resolve(); }, 10_000); });
  rmSync(folder, { recursive: true, force: true });
}
process.exit(code);
