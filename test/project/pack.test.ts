import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/root.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-pack-"));
afterAll(() => rmSync(folder, { recursive: true }));

const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
let packed: { filename: string; size: number; files: { path: string; mode: number }[] };

function npm(...args: string[]): string {
  return execFileSync("npm", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function planc(...args: string[]): string {
  return npm("exec", "--offline", "--no", "--", "planc", ...args);
}

function contents(path: string): Record<string, string> {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(names.map((name) => [name.slice(path.length), readFileSync(name, "utf8")]));
}

/** `--ignore-scripts`: `dist/` is built, and building it again would pull it from under the tests that run beside. */
beforeAll(() => {
  [packed] = JSON.parse(npm("pack", root, "--ignore-scripts", "--json"));
  writeFileSync(join(folder, "package.json"), "{}");
  npm("install", "--offline", "--no-audit", "--no-fund", `./${packed.filename}`);
});

describe("the package", () => {
  test("holds the program, its schemas and what a reader needs, and nothing else", () => {
    const shape = packed.files.map(({ path }) =>
      path.replace(/^dist\/[\w.-]+\.cjs$/, "dist/*.cjs").replace(/classes-[\d.]+\.json$/, "classes-*.json"),
    );
    const expected = [
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "bin/package.json",
      "bin/planc.js",
      "dist/*.cjs",
      "dist/THIRD-PARTY-NOTICES.txt",
      "dist/classes-*.json",
      "dist/families.txt",
      "dist/operations.txt",
      "package.json",
    ];
    const schemas = packed.files.map(({ path }) => path).filter((path) => /^schema\/[\w.-]+\.schema\.json$/.test(path));
    expect(schemas).toContain("schema/plan.schema.json");
    expect([...new Set(shape)].sort()).toEqual([...expected, ...schemas].sort());
  });

  test("is small and pulls in nothing", () => {
    expect(packed.size).toBeLessThan(1_600_000);
    expect(manifest).not.toHaveProperty("dependencies");
    expect(manifest).not.toHaveProperty("scripts.postinstall");
    const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
    expect(Object.keys(lock.packages)).toEqual(["", "node_modules/planc"]);
  });

  test("names a licence for every package whose code it carries", () => {
    const notices = readFileSync(join(folder, "node_modules/planc/dist/THIRD-PARTY-NOTICES.txt"), "utf8");
    expect(notices).toMatch(/^yaml 2\.\S+ \(ISC\)$/m);
    expect(notices).toMatch(/^@dagrejs\/graphlib 4\.\S+ \(MIT\)$/m);
  });
});

describe("the installed command", () => {
  test("prints its version", () => {
    expect(planc("--version").trim()).toContain(manifest.version);
  });

  test("checks and compiles the example to the bundle that is in git", () => {
    // Beside a plan as in git: the bundle knows the way to it.
    cpSync(`${root}plans`, join(folder, "plans"), { recursive: true });
    planc("check", "plans/qwen3-ep8.yaml");
    planc("compile", "plans/qwen3-ep8.yaml");
    expect(contents(join(folder, "generated/qwen3-ep8"))).toEqual(contents(`${root}generated/qwen3-ep8`));
  });
});
