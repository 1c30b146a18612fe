/**
 * The file access of the whole compiler. Tests, the editor and the command line hand in their own host; nothing else
 * in `src/` reads or writes files except `bundle/` and `run/`, which write through it too.
 */
export interface Host {
  /** Bytes of a file. */
  read(path: string): ReadResult;
  stat(path: string): StatResult;
  /** Names in a folder, sorted. Empty when it cannot be read. */
  list(path: string): readonly string[];
}

export type ReadResult = { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly why: Unreadable };

export type StatResult =
  | { readonly ok: true; readonly kind: "file" | "folder" | "other"; readonly size: number }
  | { readonly ok: false; readonly why: Unreadable };

/** Why a path could not be read, as words for a message ("does not exist", "permission denied"). */
export type Unreadable = string;

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
  return { read: (path) => host.read(path), stat: (path) => host.stat(path), list: (path) => host.list(path) };
}
