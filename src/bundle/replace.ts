import { PLN5025 } from "../diagnostics/catalogue/bundle.ts";
import type { EmittedFile, WriteHost } from "../host.ts";
import { fileStart } from "../text/location.ts";
import { type Changes, changesOf } from "./changes.ts";
import { lockFile } from "./digests.ts";
import { innerFolders } from "./make.ts";
import { type Attempt, Steps } from "./steps.ts";
import { discardAll, freshTag, type Temporary, temporaryFor } from "./temporary.ts";

/**
 * Replaces what has changed in a folder that is there. The new lock is prepared first and put in place last: a run that
 * is killed between two renames leaves it, and the next run can tell planc's files from the user's by one lock or the
 * other and finishes the work. Prepared, it is also the claim to the folder: of two runs at once, at least one sees the
 * other's and steps back. Only the lock is flushed: what a power cut has taken of the other files shows beside its
 * digests, and can be made again.
 */
export function replaceFiles(host: WriteHost, seen: Changes, files: readonly EmittedFile[]): Attempt {
  const { folder } = seen;
  const tag = freshTag(host, seen.leftovers);
  const temporary = (path: string) => temporaryFor(`${folder}/${path}`, tag);
  const steps = new Steps(host);
  const prepare = (file: EmittedFile) => steps.create(temporary(file.path), file, `${folder}/${file.path}`);
  files.filter(isLock).forEach(prepare);
  if (steps.failure !== undefined) return { problem: steps.undo() };

  // Before the claim stood, another run may have changed what was seen.
  const { value: changes, diagnostics } = changesOf(host, folder, files);
  if (changes === undefined) {
    const undone = steps.undo();
    return { problem: diagnostics[0] ?? undone, isOvertaken: true };
  }
  const written = [...changes.create, ...changes.update];
  const inner = innerFolders(files).map((name) => `${folder}/${name}`);
  steps.makeMissing(inner);
  written.filter((file) => !isLock(file)).forEach(prepare);
  if (steps.failure !== undefined) return { problem: steps.undo() };

  const putInPlace = ({ path }: EmittedFile) => host.rename(temporary(path), `${folder}/${path}`);
  let isTouched = false;
  const stop = (name: string, why: string, variant: "default" | "remove" = "default"): Attempt => {
    const path = `${folder}/${name}`;
    if (!isTouched) return { problem: steps.undo(path, why) };
    return { problem: PLN5025(fileStart(folder), { folder, path, why }, { variant }) };
  };
  for (const file of written.filter((each) => !isLock(each))) {
    const done = putInPlace(file);
    if (!done.ok) return stop(file.path, done.why);
    isTouched = true;
  }
  for (const path of changes.remove) {
    const done = host.removeFile(`${folder}/${path}`);
    if (!done.ok) return stop(path, done.why, "remove");
    isTouched = true;
  }
  clearUp(host, changes, seen.leftovers);

  const lock = written.find(isLock);
  if (lock !== undefined) host.flush(temporary(lockFile));
  const done = lock === undefined ? host.removeFile(temporary(lockFile)) : putInPlace(lock);
  if (!done.ok && lock !== undefined) return stop(lockFile, done.why);
  host.flush(folder);
  return "done";
}

/**
 * Removes what killed runs and earlier bundles left. The locks of killed runs go last, once all is gone that the next
 * run would know by them alone.
 */
export function clearUp(host: WriteHost, { folder, emptied }: Changes, leftovers: readonly Temporary[]): void {
  const locks = leftovers.filter(({ of }) => of === lockFile);
  const files = leftovers.filter((leftover) => !locks.includes(leftover));
  const isClear = discardAll(host, files);
  for (const path of emptied) host.removeFolder(`${folder}/${path}`);
  if (isClear) discardAll(host, locks);
}

function isLock({ path }: EmittedFile): boolean {
  return path === lockFile;
}
