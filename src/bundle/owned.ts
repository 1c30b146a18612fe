import { PLN5021 } from "../diagnostics/catalogue/bundle.ts";
import type { Result } from "../diagnostics/diagnostic.ts";
import type { WriteHost } from "../host.ts";
import { fileStart } from "../text/location.ts";
import { lockFile, readDigests } from "./digests.ts";
import { type Temporary, temporariesAmong } from "./temporary.ts";

/** What planc knows to be its own work in a bundle's folder. */
export interface Owned {
  /** Whether the folder has a lock, and whether planc wrote it. */
  readonly lock: "ours" | "absent" | "foreign";
  /** Path → sha256 of each content that planc has written there. */
  readonly digests: ReadonlyMap<string, ReadonlySet<string>>;
  /** Names in the folder that are neither files of a bundle, nor folders with such files, nor left by killed runs. */
  readonly others: readonly string[];
  /** Temporary files of runs that were killed. */
  readonly leftovers: readonly Temporary[];
  /** The process that is writing the folder at this moment. */
  readonly writer: number | undefined;
}

/**
 * Reads the lock of the bundle that lies in a folder, and the locks that killed runs left ready beside it: a run that
 * died while it was putting files in place has put some there that only its own lock knows.
 */
export function ownedIn(host: WriteHost, folder: string): Result<Owned> {
  const listed = host.names(folder);
  if (!listed.ok) return unreadable(folder, listed.why);
  const digests = new Map<string, Set<string>>();
  const learn = (files: ReadonlyMap<string, string>) => {
    for (const [name, digest] of files) digests.set(name, (digests.get(name) ?? new Set()).add(digest));
  };
  const path = `${folder}/${lockFile}`;
  const own = listed.names.includes(lockFile) ? readDigests(host, path) : "absent";
  if (typeof own === "object" && "why" in own) return unreadable(path, own.why);
  if (typeof own !== "string") learn(own);

  const inRoot = temporariesAmong(listed.names, folder);
  const locks = inRoot.filter(({ of }) => of === lockFile);
  const writer = locks.find(({ pid, path: claim }) => host.isWriting(pid, claim))?.pid;
  for (const { path: left } of locks) {
    const files = readDigests(host, left);
    if (typeof files === "object" && "why" in files) return unreadable(left, files.why);
    if (typeof files !== "string") learn(files);
  }
  const inside = temporariesInside(host, folder, digests.keys());
  if (!inside.ok) return unreadable(inside.path, inside.why);
  const isKnown = ({ path: left, of }: Temporary) =>
    digests.has(`${left.slice(folder.length + 1, left.lastIndexOf("/") + 1)}${of}`);
  const files = [...inRoot.filter(({ of }) => of !== lockFile), ...inside.found];
  const leftovers = [...files.filter(isKnown), ...locks];
  const mine = [...digests.keys(), lockFile].map((name) => name.split("/")[0] ?? name);
  const known = new Set([...mine, ...leftovers.map(({ path: left }) => left.slice(folder.length + 1))]);
  const others = listed.names.filter((name) => !known.has(name));
  const lock = typeof own === "string" ? own : "ours";
  return { value: { lock, digests, others, leftovers, writer }, diagnostics: [] };
}

/** "a/b/c.py" → "a", "a/b". */
export function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

interface Unreadable {
  readonly ok: false;
  readonly path: string;
  readonly why: string;
}

/** Whether all folders above a path inside `folder` are there, and none is a link. */
export function reach(
  host: WriteHost,
  folder: string,
  path: string,
): { readonly ok: true; readonly reachable: boolean } | Unreadable {
  for (const inner of foldersOf(path)) {
    const entry = host.entry(`${folder}/${inner}`);
    if (!entry.ok) return { ...entry, path: `${folder}/${inner}` };
    if (entry.kind !== "folder") return { ok: true, reachable: false };
  }
  return { ok: true, reachable: true };
}

function temporariesInside(
  host: WriteHost,
  folder: string,
  paths: Iterable<string>,
): { readonly ok: true; readonly found: readonly Temporary[] } | Unreadable {
  const found: Temporary[] = [];
  for (const inner of new Set([...paths].flatMap(foldersOf))) {
    const reached = reach(host, folder, `${inner}/any`);
    if (!reached.ok) return reached;
    if (!reached.reachable) continue;
    const path = `${folder}/${inner}`;
    const listed = host.names(path);
    if (!listed.ok) return { ...listed, path };
    found.push(...temporariesAmong(listed.names, path));
  }
  return { ok: true, found };
}

function unreadable(path: string, why: string): Result<Owned> {
  return { value: undefined, diagnostics: [PLN5021(fileStart(path), { path, why }, { variant: "read" })] };
}
