import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { planc as binary, inFolder, type Ran } from "./binary.ts";
import { planc } from "./inside.ts";

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
}

test("--dry-run lists, compile writes, --check compares", async () => {
  await inFolder(async (folder, plan) => {
    writeFileSync(join(folder, "plans/p.yaml"), plan);
    const bundle = "generated/qwen3-ep8";
    const stale = await planc(folder, "compile", "plans/p.yaml", "--check");
    expect([stale.status, stale.stdout]).toEqual([
      3,
      expect.stringContaining(`${bundle}: stale; planc compile plans/p.yaml`),
    ]);
    const dry = await planc(folder, "compile", "plans/p.yaml", "--dry-run");
    expect(dry.status).toBe(0);
    expect(existsSync(join(folder, "generated"))).toBe(false);
    expect((await planc(folder, "compile", "plans/p.yaml")).status).toBe(0);
    const written = files(join(folder, bundle)).filter((path) => statSync(join(folder, bundle, path)).isFile());
    expect(dry.stdout.trim().split("\n").sort()).toEqual(written.map((path) => `create ${bundle}/${path}`));
    expect((await planc(folder, "compile", "plans/p.yaml", "--check")).status).toBe(0);
    expect((await planc(folder, "compile", "plans/p.yaml", "--dry-run")).stdout).toBe(`${bundle}: nothing to do\n`);

    const before = statSync(join(folder, bundle, "forward.py")).mtimeMs;
    writeFileSync(join(folder, "plans/p.yaml"), plan.replace("max_steps: 100", "max_steps: 200"));
    expect((await planc(folder, "compile", "plans/p.yaml", "--check")).status).toBe(3);
    expect((await planc(folder, "compile", "plans/p.yaml")).status).toBe(0);
    expect(statSync(join(folder, bundle, "forward.py")).mtimeMs).toBe(before);

    writeFileSync(join(folder, bundle, "train.py"), "mine");
    const edited = await planc(folder, "compile", "plans/p.yaml");
    expect([edited.status, edited.stderr.split("\n")[0]]).toEqual([
      1,
      expect.stringMatching(/^error PLN5023: .*train\.py/),
    ]);
    expect(readFileSync(join(folder, bundle, "train.py"), "utf8")).toBe("mine");
  });
});

test("several plans: a bundle each, nothing when one has errors, and none over another", async () => {
  await inFolder(async (folder, plan) => {
    writeFileSync(join(folder, "plans/a.yaml"), plan.replace("name: qwen3-ep8", "name: a"));
    writeFileSync(join(folder, "plans/b.yaml"), plan.replace("name: qwen3-ep8", "name: b"));
    writeFileSync(join(folder, "plans/c.yaml"), plan.replace("ep_size: 8", "ep_size: 7"));
    expect((await planc(folder, "compile", "plans/a.yaml", "plans/c.yaml", "--out", "o")).status).toBe(1);
    expect(existsSync(join(folder, "o"))).toBe(false);
    const twice = await planc(folder, "compile", "plans/a.yaml", "./plans/a.yaml", "--out", "o");
    expect([twice.status, twice.stderr]).toEqual([1, expect.stringContaining("PLN5024")]);
    expect(existsSync(join(folder, "o"))).toBe(false);
    const both = await planc(folder, "compile", "plans/a.yaml", "plans/b.yaml", "--out", "o/");
    expect(both.status).toBe(0);
    expect(both.stdout).toMatch(
      /^plans\/a\.yaml: .*\no\/a: \d+ files written\nplans\/b\.yaml: .*\no\/b: \d+ files written\n$/,
    );
    expect(readdirSync(join(folder, "o")).sort()).toEqual(["a", "b"]);
  });
});

test("an output folder that is none, or holds what is not planc's", async () => {
  await inFolder(async (folder, plan) => {
    writeFileSync(join(folder, "plans/p.yaml"), plan);
    writeFileSync(join(folder, "file"), "mine");
    mkdirSync(join(folder, "users"));
    writeFileSync(join(folder, "users/notes.txt"), "mine");
    mkdirSync(join(folder, "closed"));
    chmodSync(join(folder, "closed"), 0o500);
    symlinkSync("users", join(folder, "link"));
    const before = files(folder);
    const out = async (...names: string[]) => {
      const all: Ran[] = [];
      for (const name of names) all.push(await planc(folder, "compile", "plans/p.yaml", "--out", name));
      return all;
    };
    // The superuser may write anywhere.
    const closed = process.getuid?.() === 0 ? [] : await out("closed/inner");
    for (const { status, stdout, stderr } of [...(await out("file", "file/inner", "users", "link")), ...closed]) {
      expect([status, stdout, stderr]).toEqual([1, "", expect.stringMatching(/^error PLN502\d: /m)]);
    }
    expect(files(folder)).toEqual(before);
    chmodSync(join(folder, "closed"), 0o700);
  });
});

test("the built command writes numbers as their options declare them", async () => {
  await inFolder(async (folder, plan) => {
    writeFileSync(join(folder, "plans/p.yaml"), `${plan.trimEnd()}\n  router_aux_loss_coef: 0.0\n`);
    expect(binary(folder, "compile", "plans/p.yaml").status).toBe(0);
    const text = readFileSync(join(folder, "generated/qwen3-ep8/train.py"), "utf8");
    expect(text).toContain('"router_aux_loss_coef": 0.0,');
    expect(text).toContain('"logging_steps": 1.0,');
    expect(text).toContain('"max_steps": 100,');
  });
});
