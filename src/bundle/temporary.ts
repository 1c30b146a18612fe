import type { WriteHost } from "../host.ts";

/** What a run of planc prepares, or was preparing when it was killed. */
export interface Temporary {
  readonly path: string;
  /** The name that it is to get. */
  readonly of: string;
  /** The process that made it. */
  readonly pid: number;
}

const pattern = /^\.planc-([0-9]+)\+*-(.+)$/s;

/** Where a run prepares what is to become `path`: beside it, so that one rename puts it in place. */
export function temporaryFor(path: string, tag: string): string {
  const at = path.lastIndexOf("/") + 1;
  return `${path.slice(0, at)}.planc-${tag}-${path.slice(at)}`;
}

/** The mark of this run's temporary files: the number of its process, which a killed run may have had too. */
export function freshTag(host: WriteHost, leftovers: readonly Temporary[]): string {
  let tag = String(host.pid);
  while (leftovers.some(({ path }) => path.includes(`.planc-${tag}-`))) tag += "+";
  return tag;
}

/** The temporary ones among the names in a folder. */
export function temporariesAmong(names: readonly string[], folder: string): Temporary[] {
  return names.flatMap((name) => {
    const [, pid = "", of = ""] = pattern.exec(name) ?? [];
    return of === "" ? [] : [{ path: `${folder}/${name}`, of, pid: Number(pid) }];
  });
}

/** What killed runs left of a new bundle beside its folder. A run that is still at work keeps what it has. */
export function leftoversBeside(host: WriteHost, folder: string): Temporary[] {
  const parent = parentOf(folder);
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  const found = temporariesAmong(host.list(parent), parent).filter(({ of }) => of === name);
  return found.filter(({ pid, path }) => !host.isWriting(pid, path));
}

/** The folder that a folder lies in. */
export function parentOf(folder: string): string {
  return folder.includes("/") ? folder.slice(0, folder.lastIndexOf("/")) || "/" : ".";
}

/** Removes what killed runs left, up to the first thing that cannot be removed. Returns whether all is gone. */
export function discardAll(host: WriteHost, leftovers: readonly Temporary[]): boolean {
  return leftovers.every(({ path }) => discard(host, path));
}

/** Removes what lies at a path; links are removed, never followed. */
function discard(host: WriteHost, path: string): boolean {
  const entry = host.entry(path);
  if (!entry.ok) return false;
  if (entry.kind === "nothing") return true;
  if (entry.kind !== "folder") return host.removeFile(path).ok;
  return host.list(path).every((name) => discard(host, `${path}/${name}`)) && host.removeFolder(path).ok;
}
