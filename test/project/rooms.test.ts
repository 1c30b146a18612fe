import { describe, expect, test } from "vitest";
import { violations } from "../../scripts/rooms/order.ts";

function judge(file: string, text: string): string[] {
  return violations(new Map([[file, text]]));
}

describe("the order of the rooms", () => {
  test("imports upwards, inside a room and of packages are fine", () => {
    const text = `import { Lines } from "../text/lines.ts";\nimport type { Path } from "./path.ts";\nimport { parse } from "yaml";`;
    expect(judge("source/source.ts", text)).toEqual([]);
  });

  test.each([
    `import { place } from "../engines/transformers/placement.ts";`,
    `import type { Placed } from "../engines/transformers/placement.ts";`,
    `export { place } from "../engines/transformers/placement.ts";`,
    `const late = await import("../engines/transformers/placement.ts");`,
    `type Late = import("../engines/transformers/placement.ts").Placed;`,
  ])("an import downwards is reported with its line: %s", (line) => {
    expect(judge("model/model.ts", `const first = 1;\n${line}\n`)).toEqual([
      "src/model/model.ts:2 imports ../engines/transformers/placement.ts: engines stands below model",
    ]);
  });

  test("an import from outside of src is reported", () => {
    expect(judge("text/lines.ts", `import { root } from "../../scripts/root.ts";`)).toHaveLength(1);
  });

  test.each([
    ["compiler.ts", "./engines/transformers/engine.ts", "engines are found by name, see src/stack/"],
    ["bundle/lock.ts", "../trainers/trl/trainer.ts", "trainers are found by name, see src/stack/"],
    ["cli/commands/check.ts", "../../stacks.ts", "only cli/main.ts hands out stacks.ts"],
    ["bundle/lock.ts", "../generated/rules/trl.ts", "it belongs to src/trainers/trl/"],
    ["check/rules/positions.ts", "../../generated/catalogue.ts", "it belongs to src/cli/"],
    ["engines/other/engine.ts", "../transformers/engine.ts", "engines are found by name, see src/stack/"],
    ["trainers/other/trainer.ts", "../trl/trainer.ts", "trainers are found by name, see src/stack/"],
  ])("%s may not import %s", (file, path, why) => {
    expect(judge(file, `import { found } from "${path}";`)).toEqual([`src/${file}:1 imports ${path}: ${why}`]);
  });

  test.each([
    ["stacks.ts", "./engines/transformers/engine.ts"],
    ["cli/main.ts", "../stacks.ts"],
    ["compiler.ts", "./generated/rules/common.ts"],
    ["trainers/trl/facts.ts", "../../engines/transformers/releases/release.ts"],
    ["trainers/trl/rules/report.ts", "../options/option.ts"],
  ])("%s may import %s", (file, path) => {
    expect(judge(file, `import { found } from "${path}";`)).toEqual([]);
  });

  test("a folder that is no room is reported", () => {
    expect(judge("attic/old.ts", "")).toEqual([
      `src/attic/old.ts is in no known room; add "attic" to scripts/rooms/order.ts`,
    ]);
  });
});
