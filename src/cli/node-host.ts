import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import type { EntryResult, WriteHost } from "../host.ts";

/** Writing a bundle takes a second, on a slow disk some seconds: what is older than this was left by a killed run. */
const longestWrite = 10 * 60_000;

/** The machine's own files. Paths are relative to the working directory. */
export const nodeHost: WriteHost = {
  read: (path) => attempt(() => ({ ok: true, bytes: readFileSync(path) })),
  readAt: (path, offset, length) => attempt(() => ({ ok: true, bytes: readAt(path, offset, length) })),
  stat: (path) =>
    attempt(() => {
      const stat = statSync(path);
      const kind = stat.isFile() ? "file" : stat.isDirectory() ? "folder" : "other";
      return { ok: true, kind, size: stat.size };
    }),
  list: (path) => {
    try {
      return readdirSync(path).sort();
    } catch {
      return [];
    }
  },
  entry: (path) => attempt(() => entry(path)),
  names: (folder) => attempt(() => ({ ok: true, names: readdirSync(folder).sort() })),
  makeFolder: (path) => change(() => mkdirSync(path)),
  create: (path, bytes, executable) => change(() => create(path, bytes, executable)),
  rename: (from, to) => change(() => renameSync(from, to)),
  flush,
  removeFile: (path) => change(() => unlinkSync(path)),
  removeFolder: (path) => change(() => rmdirSync(path)),
  pid: process.pid,
  isWriting: (pid, path) => pid !== process.pid && isRunning(pid) && isRecent(path),
  pause: (milliseconds) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds),
};

function readAt(path: string, offset: number, length: number): Uint8Array {
  const file = openSync(path, "r");
  try {
    const bytes = new Uint8Array(length);
    let filled = 0;
    // One call may bring less than was asked for; none at all is the end of the file.
    for (let got = 1; got > 0 && filled < length; filled += got) {
      got = readSync(file, bytes, filled, length - filled, offset + filled);
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

function entry(path: string): EntryResult {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { ok: true, kind: "nothing" };
  // Windows has no such bit; there a file is as executable as it can be.
  if (stat.isFile())
    return { ok: true, kind: "file", executable: process.platform === "win32" || (stat.mode & 0o100) !== 0 };
  return { ok: true, kind: stat.isDirectory() ? "folder" : stat.isSymbolicLink() ? "link" : "other" };
}

function create(path: string, bytes: Uint8Array, executable: boolean): void {
  const file = openSync(path, "wx", executable ? 0o777 : 0o666);
  let isWhole = false;
  try {
    writeFileSync(file, bytes);
    isWhole = true;
  } finally {
    closeSync(file);
    if (!isWhole) unlinkSync(path);
  }
}

function flush(path: string): void {
  try {
    const handle = openSync(path, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    // Windows and some network file systems flush no folders.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Process numbers are used again: a file that is older than any writing takes is not that process's. */
function isRecent(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs < longestWrite;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "a part of the path is not a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  ELOOP: "its symbolic links lead in a circle",
  ENAMETOOLONG: "the path is too long",
  EMFILE: "too many open files",
  EIO: "the disk reports an error",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EEXIST: "it exists already",
  ENOTEMPTY: "it is not empty",
};

/** Words for an error of the file system; anything else is a bug of ours and passes through. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === "ERR_INVALID_ARG_VALUE") return "the path has a NUL byte";
  if (code === undefined) throw error;
  return reasons[code] ?? code;
}

function change(action: () => void) {
  return attempt(() => {
    action();
    return { ok: true } as const;
  });
}

function attempt<T>(action: () => T): T | { readonly ok: false; readonly why: string } {
  try {
    return action();
  } catch (error) {
    return { ok: false, why: reasonOf(error) };
  }
}
