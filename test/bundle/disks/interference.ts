import type { WriteHost } from "../../../src/host.ts";

/** What ends a run in the middle: nothing in `src/` knows it, so nothing there can catch it. */
export class Killed extends Error {}

/** One call of the host: its number within the run, its name and the path that it is about. */
export interface Operation {
  readonly number: number;
  readonly name: keyof WriteHost;
  readonly path: string;
}

/** What is to become of a call: it fails for a reason, its process dies in the middle of it, or it goes on. */
type Fate = { readonly fails: string } | "dies" | undefined;

/** A host whose calls are counted and meet what `fate` says. A file that is being created when the process dies is cut. */
export function interfered(host: WriteHost, fate: (operation: Operation) => Fate): WriteHost {
  let number = 0;
  const meet = (name: keyof WriteHost, path: string): { ok: false; why: string } | undefined => {
    const met = fate({ number: number++, name, path });
    if (met === "dies") throw new Killed();
    return met === undefined ? undefined : { ok: false, why: met.fails };
  };
  return {
    read: (path) => meet("read", path) ?? host.read(path),
    readAt: (path, offset, length) => meet("readAt", path) ?? host.readAt(path, offset, length),
    stat: (path) => meet("stat", path) ?? host.stat(path),
    list: (folder) => (meet("list", folder) === undefined ? host.list(folder) : []),
    names: (folder) => meet("names", folder) ?? host.names(folder),
    entry: (path) => meet("entry", path) ?? host.entry(path),
    makeFolder: (path) => meet("makeFolder", path) ?? host.makeFolder(path),
    create: (path, bytes, executable) => {
      try {
        return meet("create", path) ?? host.create(path, bytes, executable);
      } catch (error) {
        if (error instanceof Killed) host.create(path, bytes.subarray(0, bytes.length >> 1), executable);
        throw error;
      }
    },
    rename: (from, to) => meet("rename", to) ?? host.rename(from, to),
    flush: (path) => void (meet("flush", path) ?? host.flush(path)),
    removeFile: (path) => meet("removeFile", path) ?? host.removeFile(path),
    removeFolder: (path) => meet("removeFolder", path) ?? host.removeFolder(path),
    pid: host.pid,
    isWriting: (pid, path) => host.isWriting(pid, path),
    pause: (milliseconds) => host.pause(milliseconds),
  };
}
