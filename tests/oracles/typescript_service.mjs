// TypeScript's language service over files of the disk, some of which may be written over.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const folder = resolve(process.argv[2] ?? ".");
export const ts = createRequire(resolve(folder, "package.json"))("typescript");

const options = {
  allowJs: true,
  checkJs: true,
  jsx: ts.JsxEmit.Preserve,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ESNext,
  // Types of Node and of what else the folder holds; files below it import its packages as well.
  typeRoots: [resolve(folder, "node_modules/@types")],
};

const registry = ts.createDocumentRegistry();

/** A service whose program begins with `paths`; `written` maps a path to {version, text}. */
export function serviceOf(paths, written = new Map(), further = {}) {
  const textOf = (name) =>
    written.get(name)?.text ?? (ts.sys.fileExists(name) ? readFileSync(name, "utf8") : undefined);
  const host = {
    getCompilationSettings: () => ({ ...options, ...further }),
    getScriptFileNames: () => paths,
    getScriptVersion: (name) => written.get(name)?.version ?? "0",
    getScriptSnapshot: (name) => {
      const text = textOf(name);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => process.cwd(),
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  };
  return ts.createLanguageService(host, registry);
}
