import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { nodeHost } from "../../src/cli/node-host.ts";
import { needs } from "../needs.ts";
import { conformance } from "../sample.ts";
import { first, second, third, users } from "./disks/bundles.ts";
import { bundleAnd, contentOf, put, temporaries } from "./disks/content.ts";
import { write } from "./disks/scenarios.ts";

let tools = "";
let root = "";
let folder = "";

beforeAll(async () => {
  tools = mkdtempSync(`${tmpdir()}/planc-writer-`);
  chmodSync(tools, 0o755);
  await build({
    entryPoints: [fileURLToPath(new URL("disks/writer.ts", import.meta.url))],
    outfile: `${tools}/writer.mjs`,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "warning",
  });
});
afterAll(() => rmSync(tools, { recursive: true }));
beforeEach(() => {
  root = mkdtempSync(`${tmpdir()}/planc-write-`);
  folder = `${root}/job`;
});
afterEach(() => rmSync(root, { recursive: true }));

const writer = (...args: readonly string[]) => spawn(process.execPath, [`${tools}/writer.mjs`, folder, ...args]);

/** Waits for a process that writes; the codes of what it was told, and how often. */
async function told(child: ChildProcess): Promise<Readonly<Record<string, number>>> {
  let output = "";
  let errors = "";
  child.stdout?.on("data", (data) => (output += data));
  child.stderr?.on("data", (data) => (errors += data));
  await once(child, "close");
  expect([child.exitCode, errors]).toEqual([0, ""]);
  return JSON.parse(output.trim().split("\n").at(-1) ?? "");
}

describe("a process that is really killed", () => {
  test("at many moments: the next run finishes the work and loses nothing of the user's", async () => {
    write(nodeHost, folder, first);
    put(nodeHost, folder, users);
    let wrecks = 0;
    // However fast the machine is: until one was killed in the middle.
    for (let round = 0; round < (conformance ? 30 : 8) || wrecks === 0; round++) {
      const child = writer("second,third,first", "1000000");
      await once(child.stdout, "data");
      await new Promise((done) => setTimeout(done, Math.random() * 60));
      child.kill("SIGKILL");
      await once(child, "close");
      expect(child.signalCode).toBe("SIGKILL");
      const wreck = contentOf(nodeHost, folder);
      expect(wreck).toMatchObject(users);
      if (temporaries(wreck).length > 0) wrecks++;
      const next = [first, second, third][round % 3] ?? first;
      write(nodeHost, folder, next);
      expect(contentOf(nodeHost, folder)).toEqual(bundleAnd(next, users));
    }
  });

  test("before there was a folder: nothing stays beside it", async () => {
    for (let round = 0; round < (conformance ? 15 : 5); round++) {
      rmSync(folder, { recursive: true, force: true });
      const child = writer("first", "1000000");
      await once(child.stdout, "data");
      await new Promise((done) => setTimeout(done, Math.random() * 25));
      child.kill("SIGKILL");
      await once(child, "close");
      write(nodeHost, folder, first);
      expect(nodeHost.list(root)).toEqual(["job"]);
      expect(contentOf(nodeHost, folder)).toEqual(bundleAnd(first));
    }
  });
});

describe("processes at the same time", () => {
  test("that make the same bundle: all of them succeed", async () => {
    for (let round = 0; round < 5; round++) {
      rmSync(folder, { recursive: true, force: true });
      const all = await Promise.all(Array.from({ length: 4 }, () => told(writer("first", "1"))));
      expect(all).toEqual(Array(4).fill({ written: 1 }));
      expect(contentOf(nodeHost, root)).toEqual(
        Object.fromEntries(Object.entries(bundleAnd(first)).map(([path, text]) => [`job/${path}`, text])),
      );
    }
  });

  test("that write different ones: each has the folder to itself, and the last one's bundle is there", async () => {
    write(nodeHost, folder, first);
    put(nodeHost, folder, users);
    const all = await Promise.all(["first", "second", "third"].map((name) => told(writer(name, "40"))));
    for (const { written = 0, PLN5026: refused = 0, ...others } of all)
      expect([written + refused, others]).toEqual([40, {}]);
    // Whom the others let through is the machine's choice, and somebody always is.
    expect(all.some(({ written = 0 }) => written > 0)).toBe(true);
    const content = contentOf(nodeHost, folder);
    const names = [first, second, third].filter(
      (files) => contentOf(nodeHost, folder)["plan.lock.json"] === files.at(-1)?.content,
    );
    expect(names).toHaveLength(1);
    expect(content).toEqual(bundleAnd(names[0] ?? [], users));
  });
});

describe("a real disk that refuses", () => {
  const asRoot = process.getuid?.() === 0;
  /** Runs the writer as somebody who is not root, for whom rights mean something. */
  const asNobody = () => {
    const options = asRoot ? { uid: 65534, gid: 65534 } : {};
    return spawnSync(process.execPath, [`${tools}/writer.mjs`, folder, "second", "1"], {
      ...options,
      encoding: "utf8",
    });
  };

  test("a read-only folder", () => {
    write(nodeHost, folder, first);
    chmodSync(root, 0o755);
    chmodSync(folder, 0o555);
    const { stdout, stderr } = asNobody();
    expect([stdout, stderr]).toEqual(['begins\n{"PLN5021":1}\n', ""]);
    expect(contentOf(nodeHost, folder)).toEqual(bundleAnd(first));
    chmodSync(folder, 0o755);
  });

  test("a read-only folder inside the bundle", () => {
    write(nodeHost, folder, first);
    chmodSync(root, 0o755);
    chmodSync(folder, 0o777);
    chmodSync(`${folder}/planc_runtime`, 0o555);
    const { stdout, stderr } = asNobody();
    expect([stdout, stderr]).toEqual(['begins\n{"PLN5021":1}\n', ""]);
    expect(contentOf(nodeHost, folder)).toEqual(bundleAnd(first));
    chmodSync(`${folder}/planc_runtime`, 0o755);
  });

  test("a folder that may not be looked into", () => {
    write(nodeHost, folder, first);
    chmodSync(root, 0o755);
    chmodSync(folder, 0o300);
    const { stdout, stderr } = asNobody();
    expect([stdout, stderr]).toEqual(['begins\n{"PLN5021":1}\n', ""]);
    chmodSync(folder, 0o755);
    expect(contentOf(nodeHost, folder)).toEqual(bundleAnd(first));
  });

  /** Writes two bundles on a file system that has this many pages of 4 KiB, and compares it with what it was before. */
  const onSmallDisk = (pages: number, copy: string) => {
    const run = (name: string) => `"${process.execPath}" "${tools}/writer.mjs" "$1/job" ${name} 1 | tail -n 1`;
    const script = `mount -t tmpfs -o size=${pages * 4}k none "$1"
      ${run("first")}
      cp -r "$1/." "$2"
      ${run("second")}
      if diff -r "$1" "$2" > /dev/null; then echo same; else echo changed; fi
      find "$1" -name ".planc-*"`;
    return spawnSync("unshare", ["-rm", "sh", "-ec", script, "sh", root, copy], { encoding: "utf8" });
  };
  const canMount = spawnSync("unshare", ["-rm", "sh", "-c", `mount -t tmpfs none ${tmpdir()}`]).status === 0;

  test("a disk that is full at any moment", (context) => {
    needs(context, "mounts", canMount);
    const seen: string[] = [];
    for (let pages = 2; pages <= 24; pages += conformance ? 1 : 4) {
      const copy = mkdtempSync(`${tmpdir()}/planc-copy-`);
      const { stdout, stderr } = onSmallDisk(pages, copy);
      rmSync(copy, { recursive: true });
      expect(stderr).toBe("");
      seen.push(stdout.trim().replaceAll("\n", " "));
    }
    expect([...new Set(seen)]).toEqual([
      '{"PLN5021":1} {"PLN5021":1} same',
      '{"written":1} {"PLN5021":1} same',
      '{"written":1} {"written":1} changed',
    ]);
  });
});
