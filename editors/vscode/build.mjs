// Bundles the extension (for the extension host) and the denoising view (for its webview).
import { copyFile } from "node:fs/promises";
import { build } from "esbuild";

const shared = { bundle: true, minify: true, legalComments: "none", logLevel: "warning" };

await build({
  ...shared,
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
});
await build({
  ...shared,
  entryPoints: ["src/trace/webview/main.ts"],
  outfile: "dist/denoising.js",
  platform: "browser",
  format: "iife",
  target: "es2022",
});
await copyFile("src/trace/webview/denoising.css", "dist/denoising.css");
