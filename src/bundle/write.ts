/**
 * Writes a bundle so that a full disk or a killed process leaves the old one as it was. A new bundle is prepared in a
 * folder beside its own and appears by one rename. In a folder that is there already, and that may hold the output of a
 * running job, every file is prepared under a temporary name beside its own before the first is put in its place. The
 * new lock is prepared first and put in place last, so that after a kill between two renames the next run can tell planc's
 * files from the user's by one lock or the other, and finishes the work.
 */
import type { Diagnostic, Result } from "../diagnostics/diagnostic.ts";
import { report } from "../diagnostics/report.ts";
import type { WriteHost } from "../host.ts";
import type { EmittedFile } from "../text/file.ts";
import { fileStart } from "../text/location.ts";
import { type Changes, changesOf } from "./changes.ts";
import { lockFile } from "./lock.ts";
import { foldersOf } from "./owned.ts";
import { Steps } from "./steps.ts";
import { discard, freshTag, leftoversIn, temporaryFor } from "./temporary.ts";

/** Makes a folder hold a bundle. With a diagnostic nothing was changed, unless that says so. */
export function writeBundle(host: WriteHost, folder: string, files: readonly EmittedFile[]): Result<Changes> {
  const compared = changesOf(host, folder, files);
  const changes = compared.value;
  if (changes === undefined) return compared;
  const failure = changes.exists ? replaceFiles(host, changes) : makeBundle(host, changes);
  return failure === undefined ? compared : { value: undefined, diagnostics: [failure] };
}

function makeBundle(host: WriteHost, { folder, create }: Changes): Diagnostic | undefined {
  const prepared = temporaryFor(folder, String(host.pid));
  const parent = folder.includes("/") ? folder.slice(0, folder.lastIndexOf("/")) || "/" : ".";
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  for (const leftover of leftoversIn(host, parent)) if (leftover.of === name) discard(host, leftover.path);

  const steps = new Steps(host);
  steps.makeFolders(missingFolders(host, parent));
  steps.makeFolders([prepared, ...innerFolders(create).map((inner) => `${prepared}/${inner}`)]);
  for (const file of create) steps.create(`${prepared}/${file.path}`, file);
  const done = steps.failure === undefined ? host.rename(prepared, folder) : undefined;
  if (done?.ok !== true) return steps.undo(folder, done?.why);
  host.flush(parent);
  return undefined;
}

function replaceFiles(host: WriteHost, changes: Changes): Diagnostic | undefined {
  const { folder, leftovers } = changes;
  const written = [...changes.create, ...changes.update];
  const tag = freshTag(host, leftovers);
  const putInPlace = (path: string) => host.rename(temporaryFor(`${folder}/${path}`, tag), `${folder}/${path}`);
  const inner = innerFolders(written).map((name) => `${folder}/${name}`);

  const steps = new Steps(host);
  const prepare = (file: EmittedFile) => steps.create(temporaryFor(`${folder}/${file.path}`, tag), file);
  written.filter(isLock).forEach(prepare);
  steps.makeFolders(inner.filter((path) => !isThere(host, path)));
  written.filter((file) => !isLock(file)).forEach(prepare);
  if (steps.failure !== undefined) return steps.undo();

  for (const [index, { path }] of written.filter((file) => !isLock(file)).entries()) {
    const done = putInPlace(path);
    if (!done.ok) return index === 0 ? steps.undo(`${folder}/${path}`, done.why) : halfWay(folder, path, done.why);
  }
  for (const path of changes.remove) host.removeFile(`${folder}/${path}`);
  for (const path of changes.emptied) host.removeFolder(`${folder}/${path}`);
  for (const { path } of written.filter(isLock)) {
    const done = putInPlace(path);
    if (!done.ok) return halfWay(folder, path, done.why);
  }
  for (const path of written.length > 0 ? [folder, ...inner] : []) host.flush(path);
  for (const { path } of leftovers) discard(host, path);
  return undefined;
}

function halfWay(folder: string, path: string, why: string): Diagnostic {
  return report("PLN5025", fileStart(folder), { folder, path: `${folder}/${path}`, why });
}

function isLock({ path }: EmittedFile): boolean {
  return path === lockFile;
}

/** The folders inside a bundle, outer ones first. */
function innerFolders(files: readonly EmittedFile[]): string[] {
  return [...new Set(files.flatMap(({ path }) => foldersOf(path)))];
}

/** The folders from the first that is missing down to `folder`. */
function missingFolders(host: WriteHost, folder: string): string[] {
  const missing: string[] = [];
  for (
    let path = folder;
    path !== "" && !isThere(host, path);
    path = path.slice(0, Math.max(0, path.lastIndexOf("/")))
  ) {
    missing.unshift(path);
  }
  return missing;
}

function isThere(host: WriteHost, path: string): boolean {
  const entry = host.entry(path);
  return entry.ok && entry.kind !== "nothing";
}
