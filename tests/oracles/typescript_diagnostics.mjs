// What the type checker says of renames, one JSON object a line: {"path": …, "files": [all files of
// the package], "variants": [[[UTF-16 start, length, text], …], …]} in; {"added": [a diagnostic that
// each variant adds, or ""]} out.
import { createInterface } from "node:readline";
import { serviceOf, ts } from "./typescript_service.mjs";

const ENDING = /Renamed\b/g;
let project;

function projectOf(files) {
  if (project?.files.join() !== files.join()) {
    const written = new Map();
    const service = serviceOf(files, written, { strict: true });
    project = { files, written, service, version: 0, before: new Map() };
    for (const path of files) project.before.set(path, diagnostics(path));
    project.importers = importers(service.getProgram(), files);
  }
  return project;
}

/** The files that import a file, directly or not, by the file; itself first. */
function importers(program, files) {
  const importing = new Map(files.map((path) => [path, []]));
  for (const path of files) {
    const source = program.getSourceFile(path);
    for (const { text } of source?.imports ?? []) {
      const found = ts.resolveModuleName(text, path, program.getCompilerOptions(), ts.sys);
      importing.get(found.resolvedModule?.resolvedFileName)?.push(path);
    }
  }
  return (path) => {
    const reached = new Set([path]);
    for (const one of reached) for (const other of importing.get(one) ?? []) reached.add(other);
    return reached;
  };
}

/** All diagnostics of a file as lines, the old name in place of the new. */
function diagnostics(path) {
  const { service } = project;
  return [...service.getSyntacticDiagnostics(path), ...service.getSemanticDiagnostics(path)].map(
    ({ file, start, messageText }) => {
      const line = file.getLineAndCharacterOfPosition(start).line + 1;
      // Only its first sentence: details list properties, suggestions look for alike names.
      const [text] = ts.flattenDiagnosticMessageText(messageText, "\n").split("\n");
      return `${line}: ${text.replace(ENDING, "").replace(/ Did you mean .*/, "")}`;
    },
  );
}

function renamed(text, edits) {
  const backwards = [...edits].sort((one, other) => other[0] - one[0]);
  return backwards.reduce(
    (data, [start, length, put]) => data.slice(0, start) + put + data.slice(start + length),
    text,
  );
}

function addedBy(path, edits) {
  const text = renamed(ts.sys.readFile(path), edits);
  project.version += 1;
  project.written.set(path, { version: `${project.version}`, text });
  for (const one of project.importers(path)) {
    const left = [...project.before.get(one)];
    for (const said of diagnostics(one)) {
      const index = left.indexOf(said);
      if (index < 0) return `${one}:${said}`;
      left.splice(index, 1);
    }
  }
  return "";
}

for await (const line of createInterface({ input: process.stdin })) {
  const { path, files, variants } = JSON.parse(line);
  const { written } = projectOf(files);
  console.log(JSON.stringify({ added: variants.map((edits) => addedBy(path, edits)) }));
  written.delete(path);
}
