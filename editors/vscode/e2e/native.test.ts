/** The build for the proposed API: next edits of one place in the editor's own UI. */

import { after, afterEach, before, test } from "node:test";
import { partsOfEnvironment, removeParts } from "./parts.ts";
import { Workbench } from "./workbench.ts";

const AREA = "def area(width, height):\n    return width * height\n\n\nprint(area(2, 3))\n";

const parts = partsOfEnvironment("PROPOSED_VSIX");
let bench: Workbench;

before(async () => {
  const settings = { "midfill.model": "scripted", "midfill.mode": "eager" };
  bench = await Workbench.start(parts, settings, ["--enable-proposed-api", "midfill.midfill"]);
  bench.write("area.py", AREA);
  await bench.open("area.py");
});

afterEach(async (context) => {
  if ("passed" in context && !context.passed) await bench.picture(`failed: ${context.name}`);
});

after(async () => {
  await bench?.stop();
  removeParts(parts);
});

test("a next edit is shown by the editor itself, and Tab goes there and makes it", async () => {
  await bench.goTo(1, 5);
  await bench.replaceWord("surface");
  // What was typed, and what the editor shows below the other place.
  await bench.until(
    () => bench.page.getByText("surface", { exact: true }).count(),
    (count) => count >= 2,
    "the name where it was typed and where it is proposed",
  );
  await bench.picture("native-next-edit");
  await bench.page.keyboard.press("Tab");
  await bench.page.keyboard.press("Tab");
  await bench.saved("area.py", (text) => text === AREA.replaceAll("area", "surface"));
});
