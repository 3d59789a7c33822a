// Packages a build that asks for the editor's proposed API, for next edits in its own UI:
//   code --enable-proposed-api midfill.midfill
// Marketplaces take no such extension, so the ordinary package does not ask.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const extension = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "midfill-proposed-"));
try {
  for (const name of ["dist", "media", "README.md", ".vscodeignore"]) {
    cpSync(join(extension, name), join(folder, name), { recursive: true });
  }
  const manifest = JSON.parse(readFileSync(join(extension, "package.json"), "utf8"));
  manifest.enabledApiProposals = ["inlineCompletionsAdditions"];
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  const vsce = resolve(extension, "node_modules/@vscode/vsce/vsce");
  const out = resolve(extension, "dist/midfill-proposed.vsix");
  const options = [
    "--no-dependencies",
    "--allow-missing-repository",
    "--no-rewrite-relative-links",
    "--skip-license",
  ];
  execFileSync(process.execPath, [vsce, "package", ...options, "--out", out], {
    cwd: folder,
    stdio: "inherit",
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
