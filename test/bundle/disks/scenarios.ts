import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { writeBundle } from "../../../src/bundle/write.ts";
import { nodeHost } from "../../../src/cli/node-host.ts";
import type { EmittedFile, WriteHost } from "../../../src/host.ts";
import { first, second, third, users } from "./bundles.ts";
import { bundleAnd, type Content, contentOf, put } from "./content.ts";
import { interfered, Killed } from "./interference.ts";
import { MemoryDisk } from "./memory.ts";

/** A folder on a disk, and a process's view of that disk. */
export interface Place {
  readonly folder: string;
  /** The disk as the process with this number sees it, beside others that run. */
  host(pid?: number, running?: ReadonlySet<number>): WriteHost;
}

/** Something to write, over something that is there. */
export interface Scenario {
  readonly name: string;
  readonly users: Content;
  readonly files: readonly EmittedFile[];
  prepare(place: Place): void;
}

const over = (name: string, before: readonly EmittedFile[], files: readonly EmittedFile[]): Scenario => ({
  name,
  users,
  files,
  prepare: ({ host, folder }) => {
    write(host(), folder, before);
    put(host(), folder, users);
  },
});

export const scenarios: readonly Scenario[] = [
  { name: "a new bundle in folders that are not there", users: {}, files: first, prepare: () => {} },
  {
    name: "a new bundle in an empty folder",
    users: {},
    files: first,
    prepare: ({ host, folder }) => {
      put(host(), folder, { x: "" });
      host().removeFile(`${folder}/x`);
    },
  },
  over("another bundle", first, second),
  over("a bundle with fewer folders", second, third),
  over("a bundle with more folders", third, first),
  {
    ...over("the same bundle, where a file was deleted", first, first),
    prepare: ({ host, folder }) => {
      write(host(), folder, first);
      put(host(), folder, users);
      host().removeFile(`${folder}/planc_runtime/world.py`);
    },
  },
  {
    ...over("another bundle, where a run was killed half-way", first, third),
    prepare: ({ host, folder }) => {
      write(host(), folder, first);
      put(host(), folder, users);
      killAtRename(host(77), folder, second, 3);
    },
  },
];

/** A place in memory. */
export function inMemory(): Place {
  const disk = new MemoryDisk();
  return { folder: "generated/job", host: (pid = 4, running = new Set()) => disk.host(pid, running) };
}

/** Runs something at a place in a real temporary folder. */
export function onDisk<T>(run: (place: Place) => T): T {
  const root = mkdtempSync(`${tmpdir()}/planc-write-`);
  const host = (pid = process.pid, running: ReadonlySet<number> = new Set()) => ({
    ...nodeHost,
    pid,
    isWriting: (other: number) => other !== pid && running.has(other),
    pause: () => {},
  });
  try {
    return run({ folder: `${root}/generated/job`, host });
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Writes a bundle that has nothing in its way. */
export function write(host: WriteHost, folder: string, files: readonly EmittedFile[]): void {
  const { value, diagnostics } = writeBundle(host, folder, files);
  if (value === undefined) throw new Error(diagnostics.map(({ code, message }) => `${code} ${message}`).join("\n"));
}

/** Runs until the process dies, if it does. */
export function untilKilled(run: () => void): "killed" | "finished" {
  try {
    run();
    return "finished";
  } catch (error) {
    if (error instanceof Killed) return "killed";
    throw error;
  }
}

/** A run that dies before it puts the file with this number in place. */
export function killAtRename(host: WriteHost, folder: string, files: readonly EmittedFile[], which: number): void {
  let renames = 0;
  const dying = interfered(host, ({ name }) => (name === "rename" && renames++ === which ? "dies" : undefined));
  if (untilKilled(() => writeBundle(dying, folder, files)) !== "killed") throw new Error("nothing was left to kill");
}

/** What a scenario's folder must hold in the end. */
export function wanted({ files, users: own }: Scenario): Content {
  return bundleAnd(files, own);
}

/** The users' files that are in a folder. */
export function ofUsers({ users: own }: Scenario, { host, folder }: Place): Content {
  const content = contentOf(host(), folder);
  return Object.fromEntries(Object.keys(own).map((path) => [path, content[path] ?? "gone"]));
}
