import { PLN5020, PLN5021, PLN5022, PLN5026 } from "../diagnostics/catalogue/bundle.ts";
import type { Diagnostic, Result } from "../diagnostics/diagnostic.ts";
import type { EmittedFile, WriteHost } from "../host.ts";
import { fileStart } from "../text/location.ts";
import { andList } from "../text/words.ts";
import { foldersOf, type Owned, ownedIn } from "./owned.ts";
import { isLeft, stateOf } from "./state.ts";
import { leftoversBeside, type Temporary } from "./temporary.ts";

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
  /** What killed runs left. */
  readonly leftovers: readonly Temporary[];
}

/**
 * Compares a bundle with what lies in its folder and changes nothing. Only what planc itself wrote may be overwritten
 * or removed, and the folder's own lock says what that is: anything else in the way is an error.
 */
export function changesOf(host: WriteHost, out: string, files: readonly EmittedFile[]): Result<Changes> {
  const folder = tidy(out);
  const entry = host.entry(folder);
  if (!entry.ok) return fail(PLN5021(fileStart(folder), { path: folder, why: entry.why }));
  if (entry.kind === "nothing") {
    const none = { update: [], unchanged: [], remove: [], emptied: [] };
    const leftovers = leftoversBeside(host, folder);
    return { value: { folder, exists: false, create: files, ...none, leftovers }, diagnostics: [] };
  }
  if (entry.kind !== "folder") {
    const variant = entry.kind === "file" ? "default" : entry.kind;
    return fail(PLN5020(fileStart(folder), { folder }, { variant }));
  }
  const { value: owned, diagnostics } = ownedIn(host, folder);
  if (owned === undefined) return { value: undefined, diagnostics };
  const { writer, lock, others } = owned;
  if (writer !== undefined) return fail(PLN5026(fileStart(folder), { pid: writer, folder }));
  if (lock === "foreign") return fail(PLN5022(fileStart(folder), { folder }, { variant: "lock" }));
  if (lock === "absent" && others.length > 0)
    return fail(PLN5022(fileStart(folder), { folder, names: someOf(others) }));
  return compare(host, folder, files, owned);
}

/** A folder without the slashes at its end, which would make a link look like the folder that it leads to. */
export function tidy(folder: string): string {
  const stripped = folder.replace(/(?<=.)(\/+\.?)+$/, "");
  return stripped !== "" ? stripped : folder === "" ? "." : "/";
}

function compare(host: WriteHost, folder: string, files: readonly EmittedFile[], owned: Owned): Result<Changes> {
  const groups = { create: [] as EmittedFile[], update: [] as EmittedFile[], unchanged: [] as string[] };
  const remove: string[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const file of files) {
    const state = stateOf(host, folder, file, owned);
    if (typeof state !== "string") diagnostics.push(state);
    else if (state === "unchanged") groups.unchanged.push(file.path);
    else groups[state].push(file);
  }
  const kept = new Set(files.map(({ path }) => path));
  for (const path of owned.digests.keys()) {
    const left = !kept.has(path) && isLeft(host, folder, path, owned);
    if (typeof left !== "boolean") diagnostics.push(left);
    else if (left) remove.push(path);
  }
  if (diagnostics.length > 0) return { value: undefined, diagnostics };
  const needed = new Set(files.flatMap(({ path }) => foldersOf(path)));
  const earlier = new Set([...owned.digests.keys()].flatMap(foldersOf));
  const emptied = [...earlier].filter((inner) => !needed.has(inner)).sort();
  const leftovers = [...leftoversBeside(host, folder), ...owned.leftovers];
  return {
    value: { folder, exists: true, ...groups, remove, emptied: emptied.reverse(), leftovers },
    diagnostics: [],
  };
}

function someOf(names: readonly string[]): string {
  return names.length <= 4 ? andList(names) : andList([...names.slice(0, 3), `${names.length - 3} more`]);
}

function fail(diagnostic: Diagnostic): Result<Changes> {
  return { value: undefined, diagnostics: [diagnostic] };
}
