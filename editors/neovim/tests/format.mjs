// Checks that every Lua file of the plugin is as StyLua writes it with ../stylua.toml.
//
//     STYLUA=FOLDER node format.mjs [--write]     # FOLDER: where its npm package is
//
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { Config, formatCode, OutputVerification, ...kinds } = createRequire(import.meta.url)(
  process.env.STYLUA,
);
const KINDS = { indent_type: kinds.IndentType, quote_style: kinds.QuoteStyle };
const plugin = join(import.meta.dirname, "..");

function configured() {
  const config = Config.new();
  for (const line of readFileSync(join(plugin, "stylua.toml"), "utf8").trim().split("\n")) {
    const [name, value] = line.split(" = ");
    config[name] = KINDS[name]?.[JSON.parse(value)] ?? JSON.parse(value);
  }
  return config;
}

const files = readdirSync(plugin, { recursive: true }).filter((name) => name.endsWith(".lua"));
const wrong = files.filter((name) => {
  const file = join(plugin, name);
  const text = readFileSync(file, "utf8");
  // The configuration is used up by the call.
  const formatted = formatCode(text, configured(), undefined, OutputVerification.Full);
  if (formatted !== text && process.argv.includes("--write")) writeFileSync(file, formatted);
  return formatted !== text;
});
for (const name of wrong) console.log(`${name} is not as StyLua writes it`);
process.exitCode = wrong.length > 0 ? 1 : 0;
