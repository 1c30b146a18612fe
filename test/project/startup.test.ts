import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bundle } from "../../scripts/build/bundle.ts";
import { root } from "../../scripts/root.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-startup-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Coverage {
  readonly result: readonly { readonly url: string }[];
}

/** The sources inside the files of `dist/` that a run of planc really reads, as V8 saw them. */
async function sourcesReadBy(...args: string[]): Promise<string[]> {
  const env = { ...process.env, NODE_V8_COVERAGE: folder };
  const run = spawnSync(process.execPath, ["bin/planc.js", ...args], { cwd: root, env, encoding: "utf8" });
  expect(run.status, run.stderr).toBe(0);
  const { metafile } = await bundle(root);
  const reports = readdirSync(folder).map((file): Coverage => JSON.parse(readFileSync(join(folder, file), "utf8")));
  const outputs = reports.flatMap(({ result }) => result.map(({ url }) => url.split("/dist/")[1] ?? ""));
  return outputs.flatMap((output) => Object.keys(metafile.outputs[`dist/${output}`]?.inputs ?? {}));
}

test("check reads the compiler and no graph, no template, no build tool", async () => {
  const sources = await sourcesReadBy("check", "plans/qwen3-ep8.yaml");
  expect(sources).toContain("src/compiler.ts");
  expect(
    sources.filter((source) =>
      /graphlib|templates\.js|node_modules\/(ejs|ts-morph|vscode)|ajv\/dist\/(core|compile)/.test(source),
    ),
  ).toEqual([]);
});
