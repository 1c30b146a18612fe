import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { differences } from "../../src/bundle/check.ts";
import { writeBundle } from "../../src/bundle/write.ts";
import { nodeHost } from "../../src/cli/node-host.ts";
import type { EmittedFile } from "../../src/host.ts";
import { first, second, third, users } from "./disks/bundles.ts";
import { bundleAnd, contentOf, put } from "./disks/content.ts";
import { write } from "./disks/scenarios.ts";

let root = "";
let folder = "";
beforeEach(() => {
  root = mkdtempSync(`${tmpdir()}/planc-write-`);
  folder = `${root}/job`;
});
afterEach(() => rmSync(root, { recursive: true }));

/** What is said about writing a bundle that cannot be written, with nothing changed. */
function refusal(files: readonly EmittedFile[] = first, out = folder): string[] {
  const before = contentOf(nodeHost, root);
  const { value, diagnostics } = writeBundle(nodeHost, out, files);
  expect(value).toBeUndefined();
  expect(contentOf(nodeHost, root)).toEqual(before);
  return diagnostics.map(({ code, message }) => `${code} ${message.replaceAll(root, "ROOT")}`);
}

const lock = (files: unknown) => JSON.stringify({ version: 1, planc: "0.1.0", files });

describe("what lies at the folder's path", () => {
  test("a file", () => {
    writeFileSync(folder, "mine");
    expect(refusal()).toEqual(["PLN5020 ROOT/job is a file; a bundle is a folder"]);
    expect(refusal(first, `${folder}/`)).toEqual(["PLN5020 ROOT/job is a file; a bundle is a folder"]);
    expect(refusal(first, `${folder}/inner/job`)).toEqual([
      "PLN5021 cannot write ROOT/job/inner/job: a part of the path is not a folder",
    ]);
  });

  test("a symbolic link, to a folder, to a file, to nothing, however it is written", () => {
    mkdirSync(`${root}/target`);
    for (const [index, target] of [`${root}/target`, "/etc/passwd", "nothing"].entries()) {
      const link = `${root}/link${index}`;
      symlinkSync(target, link);
      for (const out of [link, `${link}/`, `${link}//`, `${link}/.`, `${link}/./`]) {
        expect(refusal(first, out)).toEqual([
          `PLN5020 ROOT/link${index} is a symbolic link; a bundle is a folder of its own`,
        ]);
      }
      expect(readlinkSync(link)).toBe(target);
    }
  });

  test("a folder above that is a link", () => {
    mkdirSync(`${root}/real`);
    symlinkSync(`${root}/real`, `${root}/link`);
    write(nodeHost, `${root}/link/job`, first);
    expect(contentOf(nodeHost, `${root}/real/job`)).toEqual(bundleAnd(first));
  });

  test("a device", () => {
    expect(refusal(first, "/dev/null")).toEqual([
      "PLN5020 /dev/null is a device, a socket or a pipe; a bundle is a folder",
    ]);
  });

  test("a place where nobody may write", () => {
    const [said] = refusal(first, "/proc/planc/job");
    expect(said).toMatch(/^PLN5021 cannot write \/proc\/planc: (does not exist|permission denied)$/);
  });

  test("a path that is too long", () => {
    expect(refusal(first, `${root}/${"x".repeat(300)}`)[0]).toMatch(/^PLN5021 cannot write .*: the path is too long$/);
    expect(refusal(first, `${root}/${"x".repeat(250)}`)[0]).toMatch(/^PLN5021 cannot write .*: the path is too long$/);
  });

  test("an empty folder, with the user's rights to it", () => {
    mkdirSync(folder, { mode: 0o700 });
    write(nodeHost, folder, first);
    expect(contentOf(nodeHost, folder)).toEqual(bundleAnd(first));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });
});

describe("files in the folder that are not planc's", () => {
  test("only the user's", () => {
    put(nodeHost, folder, users);
    expect(refusal()).toEqual(["PLN5022 ROOT/job is not a bundle: it holds notes.txt, output and planc_runtime"]);
  });

  test("many of the user's", () => {
    put(nodeHost, folder, Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`file${i + 10}`, ""])));
    expect(refusal()).toEqual(["PLN5022 ROOT/job is not a bundle: it holds file10, file11, file12 and 27 more"]);
  });

  test("some beside a bundle: they stay", () => {
    write(nodeHost, folder, first);
    put(nodeHost, folder, users);
    write(nodeHost, folder, second);
    write(nodeHost, folder, third);
    expect(contentOf(nodeHost, folder)).toEqual(bundleAnd(third, users));
  });

  test("one that has the name of a file that comes", () => {
    write(nodeHost, folder, first);
    put(nodeHost, folder, { "convert.py": "mine" });
    expect(refusal(second)).toEqual([
      "PLN5023 ROOT/job/convert.py was not written by planc, and the bundle has a file of that name",
    ]);
  });

  test("edited ones, all of them named", () => {
    write(nodeHost, folder, first);
    put(nodeHost, folder, { "train.py": "print(3)\n", "planc_runtime/kernels/gemm.cu": "// mine\n" });
    expect(refusal(second)).toEqual([
      "PLN5023 ROOT/job/train.py was changed since planc wrote it",
      "PLN5023 ROOT/job/planc_runtime/kernels/gemm.cu was changed since planc wrote it",
    ]);
  });

  test("an edit that is what the new bundle says is none", () => {
    write(nodeHost, folder, first);
    put(nodeHost, folder, { "train.py": "print(2)\n" });
    write(nodeHost, folder, second);
    expect(contentOf(nodeHost, folder)).toEqual(bundleAnd(second));
  });

  test("links and folders in the place of files and folders", () => {
    write(nodeHost, folder, first);
    put(nodeHost, root, { "elsewhere/world.py": "WORLD = 1\n", "elsewhere/data.py": "mine" });
    rmSync(`${folder}/planc_runtime`, { recursive: true });
    symlinkSync(`${root}/elsewhere`, `${folder}/planc_runtime`);
    rmSync(`${folder}/README.md`);
    mkdirSync(`${folder}/README.md`);
    rmSync(`${folder}/train.py`);
    symlinkSync("/etc/passwd", `${folder}/train.py`);
    const kind = "is not a file that planc wrote: it is a folder, a link or something else in the way of one";
    expect(new Set(refusal(second))).toEqual(
      new Set(["README.md", "train.py", "planc_runtime"].map((path) => `PLN5023 ROOT/job/${path} ${kind}`)),
    );
  });

  test("a link in the place of a folder that is needed no longer stays, and so does what it leads to", () => {
    write(nodeHost, folder, first);
    const elsewhere = { "world.py": "WORLD = 1\n", "data.py": "DATA = 1\n", ".planc-99999999-world.py": "mine" };
    put(nodeHost, `${root}/elsewhere`, elsewhere);
    rmSync(`${folder}/planc_runtime`, { recursive: true });
    symlinkSync(`${root}/elsewhere`, `${folder}/planc_runtime`);
    write(nodeHost, folder, third);
    expect(contentOf(nodeHost, folder)).toEqual(bundleAnd(third, { planc_runtime: "link" }));
    expect(contentOf(nodeHost, `${root}/elsewhere`)).toEqual(elsewhere);
  });
});

describe("a lock that planc did not write", () => {
  const foreign = [
    "PLN5022 ROOT/job/plan.lock.json is not as planc wrote it, so planc cannot tell its own files in ROOT/job",
  ];
  const digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  test.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["the marks of a merge", `<<<<<<< HEAD\n${lock({})}\n=======\n${lock({})}\n>>>>>>> other\n`],
    ["a list", "[]"],
    ["null", "null"],
    ["another tool's", '{"lockfileVersion": 3, "packages": {}}'],
    ["files that are a list", lock([])],
    ["a digest that is none", lock({ "a.py": 1 })],
    ["not UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d)],
    ["a path that leads out", lock({ "../../etc/x": digest })],
    ["an absolute path", lock({ "/etc/x": digest })],
    ["a path with a detour", lock({ "a/../../x": digest })],
    ["a path with a dot", lock({ "./a": digest })],
    ["a drive", lock({ "C:\\x": digest })],
    ["a NUL", lock({ "a\0b": digest })],
    ["a path of 100,000 folders", lock({ [`${"a/".repeat(100_000)}x`]: digest })],
    ["10^6 files", lock(Object.fromEntries(Array.from({ length: 1e6 }, (_, i) => [`f${i}`, digest])))],
  ])("%s", (_, content) => {
    put(nodeHost, root, { "x.py": "", "a.py": "" });
    mkdirSync(folder);
    writeFileSync(`${folder}/plan.lock.json`, content);
    expect(refusal()).toEqual(foreign);
    expect(differences(nodeHost, folder, first)).not.toEqual([]);
  });

  test("a folder or a link in its place", () => {
    mkdirSync(`${folder}/plan.lock.json`, { recursive: true });
    expect(refusal()).toEqual(foreign);
    rmSync(`${folder}/plan.lock.json`, { recursive: true });
    put(nodeHost, root, { "lock.json": lock({}) });
    symlinkSync(`${root}/lock.json`, `${folder}/plan.lock.json`);
    expect(refusal()).toEqual(foreign);
  });

  test("the names of an object's own machinery are names", () => {
    mkdirSync(folder);
    writeFileSync(
      `${folder}/plan.lock.json`,
      `{"planc": "0", "files": {"__proto__": "${digest}", "constructor": "x"}}`,
    );
    write(nodeHost, folder, first);
    expect(contentOf(nodeHost, folder)).toEqual(bundleAnd(first));
  });
});

describe("a bundle over an earlier one", () => {
  test("touches only what has changed", () => {
    write(nodeHost, folder, first);
    const stamp = new Date("2020-02-20T20:20:20Z");
    for (const { path } of first) utimesSync(`${folder}/${path}`, stamp, stamp);
    const marks = () =>
      first.map(({ path }) => {
        const { ino, mtimeNs, ctimeNs } = lstatSync(`${folder}/${path}`, { bigint: true });
        return { path, ino, mtimeNs, ctimeNs };
      });
    const before = marks();
    write(nodeHost, folder, first);
    expect(marks()).toEqual(before);

    rmSync(`${folder}/README.md`);
    write(nodeHost, folder, first);
    const others = ({ path }: { readonly path: string }) => path !== "README.md";
    expect(marks().filter(others)).toEqual(before.filter(others));
    expect(marks()).not.toEqual(before);
  });

  test("says what it did", () => {
    write(nodeHost, folder, first);
    put(nodeHost, folder, users);
    const { value } = writeBundle(nodeHost, folder, second);
    const names = (files: readonly EmittedFile[] = []) => files.map(({ path }) => path);
    expect([names(value?.create), names(value?.update), value?.unchanged, value?.remove]).toEqual([
      ["convert.py"],
      ["README.md", "train.py", "planc_runtime/world.py", "plan.lock.json"],
      ["launch.sh", "planc_runtime/data.py"],
      ["planc_runtime/kernels/gemm.cu"],
    ]);
    expect(contentOf(nodeHost, folder)).toEqual(bundleAnd(second, users));
  });

  test("restores an executable bit, and takes none away", () => {
    write(nodeHost, folder, first);
    chmodSync(`${folder}/launch.sh`, 0o600);
    chmodSync(`${folder}/train.py`, 0o755);
    expect(differences(nodeHost, folder, first)).toEqual([{ path: `${folder}/launch.sh`, state: "different" }]);
    write(nodeHost, folder, first);
    expect(statSync(`${folder}/launch.sh`).mode & 0o100).toBe(0o100);
    expect(statSync(`${folder}/train.py`).mode & 0o777).toBe(0o755);
  });

  test("leaves a file that the user removed from the earlier one, and a folder with the user's files", () => {
    write(nodeHost, folder, first);
    put(nodeHost, folder, { "planc_runtime/kernels/mine.cu": "// mine\n" });
    rmSync(`${folder}/planc_runtime/kernels/gemm.cu`);
    write(nodeHost, folder, third);
    expect(contentOf(nodeHost, folder)).toEqual(bundleAnd(third, { "planc_runtime/kernels/mine.cu": "// mine\n" }));
  });

  test("what --check finds is what writing mends", () => {
    write(nodeHost, folder, first);
    expect(differences(nodeHost, folder, first)).toEqual([]);
    rmSync(`${folder}/train.py`);
    const states = differences(nodeHost, folder, second).map(({ path, state }) => [path.slice(root.length + 5), state]);
    expect(Object.fromEntries(states)).toEqual({
      "README.md": "different",
      "train.py": "missing",
      "convert.py": "missing",
      "planc_runtime/world.py": "different",
      "plan.lock.json": "different",
      "planc_runtime/kernels/gemm.cu": "left over",
    });
    write(nodeHost, folder, second);
    expect(differences(nodeHost, folder, second)).toEqual([]);
    const text = readFileSync(`${folder}/train.py`);
    rmSync(`${folder}/train.py`);
    writeFileSync(`${root}/train.py`, text);
    symlinkSync(`${root}/train.py`, `${folder}/train.py`);
    expect(differences(nodeHost, folder, second)).toEqual([{ path: `${folder}/train.py`, state: "different" }]);
  });
});

describe("a temporary file of a process that runs", () => {
  // The first process of a system is always there, and is no planc.
  const claim = () => `${folder}/.planc-1-plan.lock.json`;
  const impatient = { ...nodeHost, pause: () => {} };
  const age = (minutes: number) => {
    const then = new Date(Date.now() - minutes * 60_000);
    utimesSync(claim(), then, then);
  };

  test("holds the folder, but not for ever: process numbers are used again", () => {
    write(nodeHost, folder, first);
    put(nodeHost, folder, { ".planc-1-plan.lock.json": "{" });
    age(5);
    const before = contentOf(nodeHost, folder);
    expect(writeBundle(impatient, folder, second).diagnostics.map(({ code }) => code)).toEqual(["PLN5026"]);
    expect(contentOf(nodeHost, folder)).toEqual(before);
    age(11);
    write(impatient, folder, second);
    expect(contentOf(nodeHost, folder)).toEqual(bundleAnd(second));
  });
});
