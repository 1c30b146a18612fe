import type { Diagnostic, Result } from "../diagnostics/diagnostic.ts";
import { report } from "../diagnostics/report.ts";
import type { WriteHost } from "../host.ts";
import type { EmittedFile } from "../text/file.ts";
import { fileStart } from "../text/location.ts";
import { andList } from "../text/words.ts";
import { lockFile, sha256 } from "./lock.ts";
import { foldersOf, type Owned, ownedIn } from "./owned.ts";
import { isTemporary, type Leftover } from "./temporary.ts";

/** What writing a bundle would do, file by file. */
export interface Changes {
  readonly folder: string;
  /** Whether the folder is there already. */
  readonly exists: boolean;
  readonly create: readonly EmittedFile[];
  readonly update: readonly EmittedFile[];
  readonly unchanged: readonly string[];
  /** Files of the earlier bundle that this one has no longer. */
  readonly remove: readonly string[];
  /** Folders of earlier bundles that this one needs no longer, inner ones first. */
  readonly emptied: readonly string[];
  readonly leftovers: readonly Leftover[];
}

/**
 * Compares a bundle with what lies in its folder and changes nothing. Only what planc itself wrote may be overwritten
 * or removed, and the folder's own lock says what that is: anything else in the way is an error.
 */
export function changesOf(host: WriteHost, out: string, files: readonly EmittedFile[]): Result<Changes> {
  const folder = tidy(out);
  const entry = host.entry(folder);
  if (!entry.ok) return fail(report("PLN5021", fileStart(folder), { path: folder, why: entry.why }));
  if (entry.kind === "nothing") {
    const changes = {
      folder,
      exists: false,
      create: files,
      update: [],
      unchanged: [],
      remove: [],
      emptied: [],
      leftovers: [],
    };
    return { value: changes, diagnostics: [] };
  }
  if (entry.kind !== "folder") {
    const variant = entry.kind === "file" ? "default" : entry.kind;
    return fail(report("PLN5020", fileStart(folder), { folder }, { variant }));
  }
  const owned = ownedIn(host, folder);
  if (owned.lock === "foreign") return fail(report("PLN5022", fileStart(folder), { folder }, { variant: "lock" }));
  if (owned.lock === "ours") return compare(host, folder, files, owned);
  const known = new Set([...owned.digests.keys()].map((path) => path.split("/")[0] ?? path));
  const others = host.list(folder).filter((name) => !isTemporary(name) && !known.has(name));
  if (others.length > 0) return fail(report("PLN5022", fileStart(folder), { folder, names: someOf(others) }));
  return compare(host, folder, files, owned);
}

/** A folder without the slashes at its end, which would make a link look like the folder that it leads to. */
export function tidy(folder: string): string {
  const stripped = folder.replace(/\/+$/, "");
  return stripped !== "" ? stripped : folder === "" ? "." : "/";
}

function compare(host: WriteHost, folder: string, files: readonly EmittedFile[], owned: Owned): Result<Changes> {
  const groups = { create: [] as EmittedFile[], update: [] as EmittedFile[], unchanged: [] as string[] };
  const diagnostics: Diagnostic[] = [];
  for (const file of files) {
    const state = stateOf(host, folder, file, owned);
    if (typeof state !== "string") diagnostics.push(state);
    else if (state === "unchanged") groups.unchanged.push(file.path);
    else groups[state].push(file);
  }
  const kept = new Set(files.map(({ path }) => path));
  const remove: string[] = [];
  for (const [path, digests] of owned.digests) {
    if (kept.has(path) || foldersOf(path).some((inner) => !isFolder(host, `${folder}/${inner}`))) continue;
    const digest = digestOf(host, `${folder}/${path}`);
    if (digest === undefined) continue;
    if (digests.has(digest)) remove.push(path);
    else diagnostics.push(conflict(`${folder}/${path}`, "default"));
  }
  if (diagnostics.length > 0) return { value: undefined, diagnostics };
  const needed = new Set(files.flatMap(({ path }) => foldersOf(path)));
  const earlier = new Set([...owned.digests.keys()].flatMap(foldersOf));
  const emptied = [...earlier]
    .filter((inner) => !needed.has(inner))
    .sort()
    .reverse();
  const changes = { folder, exists: true, ...groups, remove, emptied, leftovers: owned.leftovers };
  return { value: changes, diagnostics: [] };
}

type State = "create" | "update" | "unchanged";

function stateOf(host: WriteHost, folder: string, file: EmittedFile, { digests }: Owned): State | Diagnostic {
  for (const inner of foldersOf(file.path)) {
    const above = host.entry(`${folder}/${inner}`);
    if (above.ok && above.kind === "nothing") return "create";
    if (!above.ok || above.kind !== "folder") return conflict(`${folder}/${inner}`, "kind");
  }
  const path = `${folder}/${file.path}`;
  const entry = host.entry(path);
  if (entry.ok && entry.kind === "nothing") return "create";
  if (!entry.ok || entry.kind !== "file") return conflict(path, "kind");
  const digest = digestOf(host, path);
  if (digest === undefined) return report("PLN5021", fileStart(path), { path, why: "it cannot be read" });
  if (digest === sha256(file.content)) return file.executable && !entry.executable ? "update" : "unchanged";
  const known = digests.get(file.path);
  if (known?.has(digest) || file.path === lockFile) return "update";
  return conflict(path, known === undefined ? "foreign" : "default");
}

function conflict(path: string, variant: "default" | "foreign" | "kind"): Diagnostic {
  return report("PLN5023", fileStart(path), { path }, { variant });
}

/** sha256 of a file; undefined when there is none to read. */
function digestOf(host: WriteHost, path: string): string | undefined {
  const entry = host.entry(path);
  if (!entry.ok || entry.kind !== "file") return undefined;
  const read = host.read(path);
  return read.ok ? sha256(read.bytes) : undefined;
}

function isFolder(host: WriteHost, path: string): boolean {
  const entry = host.entry(path);
  return entry.ok && entry.kind === "folder";
}

function someOf(names: readonly string[]): string {
  return names.length <= 4 ? andList(names) : andList([...names.slice(0, 3), `${names.length - 3} more`]);
}

function fail(diagnostic: Diagnostic): Result<Changes> {
  return { value: undefined, diagnostics: [diagnostic] };
}
