/** What V8 has compiled is kept for the next start, and whatever becomes of it, planc runs. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { root } from "../../scripts/root.ts";
import { CodeCache, cacheFolder } from "../../src/cli/start/code-cache.ts";

const folder = mkdtempSync(join(tmpdir(), "planc-start-"));
afterAll(() => rmSync(folder, { recursive: true }));

let cache: string;
let count = 0;
beforeEach(() => {
  cache = join(folder, String(count++));
});

const args = [`${root}bin/planc.js`, "check", `${root}plans/qwen3-ep8.yaml`];
const environment = () => {
  const { NODE_DISABLE_COMPILE_CACHE: _, NODE_V8_COVERAGE: __, ...rest } = process.env;
  return { ...rest, XDG_CACHE_HOME: cache };
};

function check(...others: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args, ...others], {
    env: environment(),
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain(others.includes("--help") ? "Usage" : "fine");
}

/** Name of a file → its inode, another one when it has been replaced. */
function kept(): Readonly<Record<string, number>> {
  const code = join(cache, "planc/code");
  const [build = ""] = readdirSync(code);
  const names = readdirSync(join(code, build)).sort();
  return Object.fromEntries(names.map((name) => [join(code, build, name), statSync(join(code, build, name)).ino]));
}

describe("the start", () => {
  test("leaves code behind that the next takes", () => {
    check();
    const first = kept();
    const names = Object.keys(first).map((path) => path.split("/").at(-1));
    expect(names).toEqual(["check.cjs", "families.cjs", "operations.cjs", "planc.cjs", "stacks.cjs"]);
    check();
    expect(kept()).toEqual(first);
  });

  test("makes anew what is cut off, changed or another's to change, and leaves the rest", () => {
    check();
    const first = kept();
    const [changed, cut, open] = Object.keys(first) as [string, string, string];
    const bytes = readFileSync(changed);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 0xff;
    writeFileSync(changed, bytes);
    writeFileSync(cut, readFileSync(cut).subarray(0, 100));
    chmodSync(open, 0o666);
    const replaced = [changed, cut, open];
    check();
    const second = kept();
    for (const path of Object.keys(first)) {
      if (replaced.includes(path)) expect(second[path], path).not.toBe(first[path]);
      else expect(second[path], path).toBe(first[path]);
    }
    check();
    expect(kept()).toEqual(second);
  });

  test("goes without where nothing can be written", () => {
    writeFileSync(cache, "a file, and no folder");
    check();
    expect(readFileSync(cache, "utf8")).toBe("a file, and no folder");
  });

  test("keeps nothing of help", () => {
    check("--help");
    expect(() => kept()).toThrow("ENOENT");
  });

  test("of two at once leaves whole files", async () => {
    const start = () =>
      new Promise((resolve) => spawn(process.execPath, args, { env: environment() }).on("exit", resolve));
    expect(await Promise.all([start(), start()])).toEqual([0, 0]);
    const first = kept();
    expect(Object.keys(first)).toHaveLength(5);
    check();
    expect(kept()).toEqual(first);
  });
});

describe("the cache", () => {
  const file = (name: string, text: string) => ({ name, bytes: () => Buffer.from(text) });

  test("gives back what was written for the same build, and nothing to another", () => {
    new CodeCache(cache, "one").write([file("a", "code")]);
    expect(new CodeCache(cache, "one").read("a")?.toString()).toBe("code");
    expect(new CodeCache(cache, "two").read("a")).toBeUndefined();
    expect(new CodeCache(cache, "one").read("b")).toBeUndefined();
  });

  test("does not work code out that it cannot write, nor write where others may", () => {
    mkdirSync(cache, { mode: 0o777 });
    chmodSync(cache, 0o777);
    let asked = false;
    const bytes = () => {
      asked = true;
      return Buffer.from("code");
    };
    new CodeCache(cache, "one").write([{ name: "a", bytes }]);
    expect(asked).toBe(false);
  });

  test("keeps the builds that were used last", () => {
    for (const digest of ["1", "2", "3", "4", "5", "6"]) new CodeCache(cache, digest).write([file("a", digest)]);
    expect(readdirSync(cache)).toHaveLength(4);
    expect(new CodeCache(cache, "6").read("a")?.toString()).toBe("6");
  });

  test.each([
    [{ XDG_CACHE_HOME: "/caches" }, "/caches/planc/code"],
    [{ XDG_CACHE_HOME: "not/absolute" }, "/home/me/.cache/planc/code"],
    [{}, "/home/me/.cache/planc/code"],
    [{ XDG_CACHE_HOME: "/caches", NODE_DISABLE_COMPILE_CACHE: "1" }, undefined],
  ])("is where %j says: %s", (env, expected) => {
    expect(cacheFolder(env, () => "/home/me")).toBe(expected);
  });
});
