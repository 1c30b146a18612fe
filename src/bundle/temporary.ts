import type { WriteHost } from "../host.ts";

/** What a run that was killed left behind. */
export interface Leftover {
  readonly path: string;
  /** The name that it was to get. */
  readonly of: string;
}

const pattern = /^\.planc-([0-9]+)\+*-(.+)$/s;

export function isTemporary(name: string): boolean {
  return pattern.test(name);
}

/** Where a run prepares what is to become `path`: beside it, so that one rename puts it in place. */
export function temporaryFor(path: string, tag: string): string {
  const at = path.lastIndexOf("/") + 1;
  return `${path.slice(0, at)}.planc-${tag}-${path.slice(at)}`;
}

/** The mark of this run's temporary files: the number of its process, which a killed run may have had too. */
export function freshTag(host: WriteHost, leftovers: readonly Leftover[]): string {
  let tag = String(host.pid);
  while (leftovers.some(({ path }) => path.includes(`.planc-${tag}-`))) tag += "+";
  return tag;
}

/** What killed runs left in a folder. A run that is still at work keeps what it has. */
export function leftoversIn(host: WriteHost, folder: string): Leftover[] {
  return host.list(folder).flatMap((name) => {
    const [, pid = "", of = ""] = pattern.exec(name) ?? [];
    return of === "" || host.runs(Number(pid)) ? [] : [{ path: `${folder}/${name}`, of }];
  });
}

/** Removes what lies at a path as far as that goes; links are removed, never followed. */
export function discard(host: WriteHost, path: string): void {
  const entry = host.entry(path);
  if (!entry.ok || entry.kind === "nothing") return;
  if (entry.kind !== "folder") {
    host.removeFile(path);
    return;
  }
  for (const name of host.list(path)) discard(host, `${path}/${name}`);
  host.removeFolder(path);
}
