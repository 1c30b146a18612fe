import type { WriteHost } from "../host.ts";
import { lockFile } from "./lock.ts";
import { type Leftover, leftoversIn } from "./temporary.ts";

/** What planc knows to be its own work in a bundle's folder. */
export interface Owned {
  /** Whether the folder has a lock, and whether planc wrote it. */
  readonly lock: "ours" | "absent" | "foreign";
  /** Path → sha256 of each content that planc has written there. */
  readonly digests: ReadonlyMap<string, ReadonlySet<string>>;
  /** Temporary files of runs that were killed. */
  readonly leftovers: readonly Leftover[];
}

/**
 * Reads the lock of the bundle that lies in a folder, and the locks that killed runs left ready beside it: a run that
 * died while it was putting files in place has put some there that only its own lock knows.
 */
export function ownedIn(host: WriteHost, folder: string): Owned {
  const digests = new Map<string, Set<string>>();
  const learn = (path: string): boolean => {
    const files = readDigests(host, path);
    for (const [name, digest] of files ?? []) digests.set(name, (digests.get(name) ?? new Set()).add(digest));
    return files !== undefined;
  };
  const path = `${folder}/${lockFile}`;
  const entry = host.entry(path);
  const absent = entry.ok && entry.kind === "nothing";
  const ours = entry.ok && entry.kind === "file" && learn(path);
  const inRoot = leftoversIn(host, folder);
  for (const leftover of inRoot) if (leftover.of === lockFile) learn(leftover.path);
  const folders = new Set([...digests.keys()].flatMap(foldersOf));
  const inside = [...folders].flatMap((inner) => leftoversIn(host, `${folder}/${inner}`));
  return { lock: absent ? "absent" : ours ? "ours" : "foreign", digests, leftovers: [...inRoot, ...inside] };
}

/** "a/b/c.py" → "a", "a/b". */
export function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** Path → sha256 as a lock gives them; undefined when it is not one that planc wrote. */
function readDigests(host: WriteHost, path: string): ReadonlyMap<string, string> | undefined {
  const read = host.read(path);
  if (!read.ok) return undefined;
  try {
    const lock: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(read.bytes));
    if (typeof lock !== "object" || lock === null || !("planc" in lock) || !("files" in lock)) return undefined;
    if (typeof lock.files !== "object" || lock.files === null) return undefined;
    const files = Object.entries(lock.files);
    return new Map(files.filter(([name, digest]) => isInside(name) && typeof digest === "string"));
  } catch {
    return undefined;
  }
}

/** Whether a path stays in the bundle, whoever wrote the lock that names it. */
function isInside(path: string): boolean {
  return path.split("/").every((part) => part !== "" && part !== "." && part !== ".." && !/[\\:\0]/.test(part));
}
