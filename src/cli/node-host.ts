import { readdirSync, readFileSync, statSync } from "node:fs";
import type { Host } from "../host.ts";

/** The machine's own files. Paths are relative to the working directory. */
export const nodeHost: Host = {
  read: (path) => attempt(() => ({ ok: true, bytes: readFileSync(path) })),
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
};

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
};

/** Words for an error of the file system; anything else is a bug of ours and passes through. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === "ERR_INVALID_ARG_VALUE") return "the path has a NUL byte";
  if (code === undefined) throw error;
  return reasons[code] ?? code;
}

function attempt<T>(action: () => T): T | { readonly ok: false; readonly why: string } {
  try {
    return action();
  } catch (error) {
    return { ok: false, why: reasonOf(error) };
  }
}
