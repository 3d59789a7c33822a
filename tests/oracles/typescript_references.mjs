// The places of names as TypeScript's language service finds them, one JSON object a line:
// {"path": …, "offsets": [UTF-16 offsets]} in, {"path": …, "places": [[offsets]],
// "outside": [how many places are in other files]} out.
// NODE_PATH or the folder given as the first argument must hold the package "typescript".
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(resolve(process.argv[2] ?? ".", "package.json"));
const ts = require("typescript");
const options = {
  allowJs: true,
  checkJs: true,
  jsx: ts.JsxEmit.Preserve,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  noLib: false,
  target: ts.ScriptTarget.ESNext,
};

function serviceOf(path) {
  const host = {
    getCompilationSettings: () => options,
    getScriptFileNames: () => [path],
    getScriptVersion: () => "1",
    getScriptSnapshot: (name) =>
      ts.sys.fileExists(name)
        ? ts.ScriptSnapshot.fromString(readFileSync(name, "utf8"))
        : undefined,
    getCurrentDirectory: () => process.cwd(),
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  };
  return ts.createLanguageService(host);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { path, offsets } = JSON.parse(line);
  const service = serviceOf(path);
  const preferences = { providePrefixAndSuffixTextForRename: true };
  const found = offsets.map((offset) =>
    // Names of the standard library are found, and refused by the editor.
    service.getRenameInfo(path, offset, preferences).canRename
      ? (service.findRenameLocations(path, offset, false, false, preferences) ?? [])
      : [],
  );
  const places = found.map((all) =>
    all.filter((one) => one.fileName === path).map((one) => one.textSpan.start),
  );
  const outside = found.map((all, index) => all.length - places[index].length);
  console.log(JSON.stringify({ path, places, outside }));
}
