import type { EmittedFile, WriteHost } from "../host.ts";
import type { Changes } from "./changes.ts";
import { lockFile } from "./digests.ts";
import { foldersOf } from "./owned.ts";
import { type Attempt, Steps } from "./steps.ts";
import { discardAll, freshTag, parentOf, temporaryFor } from "./temporary.ts";

/**
 * Makes a folder that is not there: prepared beside its place, put there by one rename. Only its lock is flushed, which
 * comes last: what a power cut has taken of the other files shows beside the lock's digests, and can be made again.
 */
export function makeBundle(host: WriteHost, { folder, create, leftovers }: Changes): Attempt {
  discardAll(host, leftovers);
  const prepared = temporaryFor(folder, freshTag(host, leftovers));
  const parent = parentOf(folder);

  const steps = new Steps(host);
  steps.makeMissing(foldersDownTo(parent));
  steps.makeFolder(prepared, folder);
  for (const inner of innerFolders(create)) steps.makeFolder(`${prepared}/${inner}`, `${folder}/${inner}`);
  for (const file of create) steps.create(`${prepared}/${file.path}`, file, `${folder}/${file.path}`);
  if (steps.failure !== undefined) return { problem: steps.undo() };
  host.flush(`${prepared}/${lockFile}`);

  const done = host.rename(prepared, folder);
  if (done.ok) {
    host.flush(parent);
    return "done";
  }
  const problem = steps.undo(folder, done.why);
  const entry = host.entry(folder);
  return { problem, isOvertaken: entry.ok && entry.kind !== "nothing" };
}

/** The folders inside a bundle, outer ones first. */
export function innerFolders(files: readonly EmittedFile[]): string[] {
  return [...new Set(files.flatMap(({ path }) => foldersOf(path)))];
}

/** "a/b" → "a", "a/b". */
function foldersDownTo(folder: string): string[] {
  const above = foldersOf(folder).filter((path) => path !== "");
  return [...above, folder];
}
