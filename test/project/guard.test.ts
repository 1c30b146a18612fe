import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { bundle } from "../../scripts/build/bundle.ts";
import { leaks } from "../../scripts/build/guard.ts";
import { root } from "../../scripts/root.ts";

mkdirSync(`${root}.cache`, { recursive: true });
const folder = `${mkdtempSync(`${root}.cache/guard-`)}/`;
afterAll(() => rmSync(folder, { recursive: true }));

/** Bundles a small planc whose `check` command is `check`, and has the guard look at it. */
async function judge(check: string, other: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const sources = {
    "src/cli/main.ts": `export const main = async () => (await import("./commands/check.ts")).check();`,
    "src/cli/commands/check.ts": check,
    ...other,
  };
  for (const [path, text] of Object.entries(sources)) {
    mkdirSync(dirname(`${folder}${path}`), { recursive: true });
    writeFileSync(`${folder}${path}`, text);
  }
  return leaks((await bundle(folder)).metafile);
}

describe("what planc check loads", () => {
  test("yaml is welcome, and so are ajv's helpers for generated validators", async () => {
    const check = `import { parse } from "yaml"; import equal from "ajv/dist/runtime/equal.js"; export const check = () => [parse, equal];`;
    expect(await judge(check)).toEqual([]);
  });

  test.each([
    ["ejs", `import ejs from "ejs"; export const check = () => ejs;`],
    ["ajv", `import { Ajv } from "ajv"; export const check = () => Ajv;`],
    ["ajv", `import { Name } from "ajv/dist/compile/codegen/code.js"; export const check = () => Name;`],
    ["graphlib", `import { Graph } from "@dagrejs/graphlib"; export const check = () => Graph;`],
    ["vscode-jsonrpc", `import { Message } from "vscode-jsonrpc"; export const check = () => Message;`],
  ])("%s is not: %s", async (name, check) => {
    expect((await judge(check)).join("\n")).toContain(
      `node_modules/${name === "graphlib" ? "@dagrejs/graphlib" : name}/`,
    );
  });

  test("a leak through another file is found too", async () => {
    const graph = `import { Graph } from "@dagrejs/graphlib"; export const make = () => new Graph();`;
    const found = await judge(`import { make } from "../../graph.ts"; export const check = make;`, {
      "src/graph.ts": graph,
    });
    expect(found.join("\n")).toContain("@dagrejs/graphlib");
  });

  test("templates and graphlib may stand in the file of another command", async () => {
    const carry = (name: string) =>
      `import { train } from "../../generated/templates.js"; import { Graph } from "@dagrejs/graphlib"; export const ${name} = () => [train, Graph];`;
    const templates = { "src/generated/templates.js": `export const train = () => "import torch";` };
    const compile = { "src/cli/commands/compile.ts": carry("compile"), ...templates };
    expect(await judge("export const check = () => 0;", compile)).toEqual([]);
    expect((await judge(carry("check"), templates)).join("\n")).toContain("src/generated/templates.js");
  });
});

describe("what no file of dist/ may carry", () => {
  test("ejs and the TypeScript compiler, even when imported late", async () => {
    const found = await judge(`export const check = () => Promise.all([import("ejs"), import("typescript")]);`);
    expect(found.join("\n")).toContain("node_modules/ejs/");
    expect(found.join("\n")).toContain("node_modules/typescript/");
  });

  test("the guard says so when the command it guards has moved", async () => {
    rmSync(`${folder}src/cli/commands/check.ts`);
    expect(leaks((await bundle(folder)).metafile)).toContainEqual(
      expect.stringContaining("dist/check.cjs is not in the bundle"),
    );
  });
});
