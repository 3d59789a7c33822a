// Writes the server's settings into package.json, from `midfill settings --schema`.
// `--check` only says whether they are fresh. MIDFILL names the executable.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

// What the extension decides itself: it always asks for the status, and it shows ghost text.
const NOT_FOR_USERS = ["statusNotifications", "completionItems", "workspaceTrusted"];
// What a folder may say differently.
const PER_FOLDER = ["enabled", "disabledLanguages"];
// What no folder may say: a clone must not choose where code is sent or kept.
const OF_THE_USER = ["backend", "keepJudgedTexts"];
const scopeOf = (name) =>
  OF_THE_USER.includes(name) ? "machine" : PER_FOLDER.includes(name) ? "resource" : "window";

const manifestFile = new URL("../package.json", import.meta.url);
const written = readFileSync(manifestFile, "utf8");
const manifest = JSON.parse(written);
const midfill = process.env.MIDFILL ?? "midfill";
const schema = JSON.parse(execFileSync(midfill, ["settings", "--schema"], { encoding: "utf8" }));

manifest.contributes.configuration[0].properties = Object.fromEntries(
  Object.entries(schema.properties)
    .filter(([name]) => !NOT_FOR_USERS.includes(name))
    .map(([name, { description, ...rest }]) => [
      `midfill.${name}`,
      {
        ...rest,
        description: `${description.charAt(0).toUpperCase()}${description.slice(1)}.`,
        scope: scopeOf(name),
      },
    ]),
);

const fresh = `${JSON.stringify(manifest, null, 2)}\n`;
const isFresh = JSON.stringify(JSON.parse(written)) === JSON.stringify(manifest);
if (process.argv.includes("--check")) {
  if (!isFresh) {
    process.stderr.write("package.json: the server's settings have changed: npm run settings\n");
    process.exitCode = 1;
  }
} else if (!isFresh) {
  writeFileSync(manifestFile, fresh);
}
