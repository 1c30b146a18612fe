/**
 * The file access of the whole compiler. Tests, the editor and the command line hand in their own host; nothing else
 * in `src/` reads or writes files except `bundle/` and `run/`, which write through it too.
 */
export interface Host {
  /** Bytes of a file. */
  read(path: string): ReadResult;
  /** Bytes of a part of a file, from `offset` on: `length` of them, or as many as there are. */
  readAt(path: string, offset: number, length: number): ReadResult;
  stat(path: string): StatResult;
  /** Names in a folder, sorted. Empty when it cannot be read. */
  list(path: string): readonly string[];
}

export type ReadResult =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly why: Unreadable };

export type StatResult =
  | { readonly ok: true; readonly kind: "file" | "folder" | "other"; readonly size: number }
  | { readonly ok: false; readonly why: Unreadable };

/** Why a path could not be read, as words for a message ("does not exist", "permission denied"). */
export type Unreadable = string;

/** A host that can also write: what `bundle/` and `run/` ask for. */
export interface WriteHost extends Host {
  /** What lies at the path itself: a symbolic link is not followed. */
  entry(path: string): EntryResult;
  /** Names in a folder, sorted, or why it cannot be read. */
  names(folder: string): NamesResult;
  /** Makes one folder in a folder that exists. */
  makeFolder(path: string): Done;
  /** Makes a file where there is none. Where that fails, nothing is left. `flush` makes its bytes outlast a power cut. */
  create(path: string, bytes: Uint8Array, executable: boolean): Done;
  /** Puts a file or folder in the place of `to`, all at once. */
  rename(from: string, to: string): Done;
  /** Makes a file's bytes, or the renames in a folder, outlast a power cut, where the system can. */
  flush(path: string): void;
  removeFile(path: string): Done;
  /** Removes an empty folder. */
  removeFolder(path: string): Done;
  /** Number of this process, for the names of its temporary files. */
  readonly pid: number;
  /** Whether another process with that number runs on this machine and may still be at work on what lies at `path`. */
  isWriting(pid: number, path: string): boolean;
  /** Lets other processes work for a while. */
  pause(milliseconds: number): void;
}

export type Done = { readonly ok: true } | { readonly ok: false; readonly why: Unreadable };

export type NamesResult =
  | { readonly ok: true; readonly names: readonly string[] }
  | { readonly ok: false; readonly why: Unreadable };

export type EntryResult =
  | { readonly ok: true; readonly kind: "file"; readonly executable: boolean }
  | { readonly ok: true; readonly kind: "folder" | "link" | "other" | "nothing" }
  | { readonly ok: false; readonly why: Unreadable };

/** What `readAt` answers, for a host that has whole files at hand. */
export function partOf(read: ReadResult, offset: number, length: number): ReadResult {
  return read.ok ? { ok: true, bytes: read.bytes.subarray(offset, offset + length) } : read;
}

/** A host that also has a file which is nowhere else: what came in another way than through the file system. */
export function withFile<H extends Host>(host: H, file: string, bytes: Uint8Array): H {
  const read = (path: string): ReadResult => (path === file ? { ok: true, bytes } : host.read(path));
  return {
    ...host,
    read,
    readAt: (path, offset, length) =>
      path === file ? partOf(read(path), offset, length) : host.readAt(path, offset, length),
    stat: (path) => (path === file ? { ok: true, kind: "file", size: bytes.length } : host.stat(path)),
  };
}

/** A host that remembers the text of everything read through it, so that messages can show the lines they speak of. */
export function recording(host: Host): { readonly host: Host; readonly texts: ReadonlyMap<string, string> } {
  const texts = new Map<string, string>();
  const read = (path: string): ReadResult => {
    const result = host.read(path);
    if (result.ok) texts.set(path, new TextDecoder().decode(result.bytes));
    return result;
  };
  return { host: { ...bound(host), read }, texts };
}

function bound(host: Host): Host {
  return {
    read: (path) => host.read(path),
    readAt: (path, offset, length) => host.readAt(path, offset, length),
    stat: (path) => host.stat(path),
    list: (path) => host.list(path),
  };
}

/** A file of a bundle. `path` is relative to the bundle's folder, with `/`. */
export interface EmittedFile {
  readonly path: string;
  readonly content: string;
  readonly executable?: true;
}
