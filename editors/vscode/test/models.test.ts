import assert from "node:assert/strict";
import { test } from "node:test";
import { modelsIn } from "../src/models.ts";

test("a model is listed with its origin and its numbers", () => {
  const output = JSON.stringify([
    {
      name: "default",
      model: "midfill-135m-v0",
      base: "SmolLM2",
      quality: { exact: 0.157, ece: 0.04 },
    },
  ]);
  assert.deepEqual(modelsIn(output), [
    { name: "default", title: "midfill-135m-v0, from SmolLM2", quality: "exact 0.157 · ece 0.04" },
  ]);
});
