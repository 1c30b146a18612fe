import { PLN5021 } from "../diagnostics/catalogue/bundle.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { EmittedFile, WriteHost } from "../host.ts";
import { fileStart } from "../text/location.ts";

/** What came of an attempt to write. `isOvertaken`: another planc was quicker, so that trying again may help. */
export type Attempt = "done" | { readonly problem: Diagnostic; readonly isOvertaken?: boolean };

/** Steps that can all be taken back. None is made once one has failed. */
export class Steps {
  failure: Diagnostic | undefined;
  private readonly taken: (() => void)[] = [];

  constructor(private readonly host: WriteHost) {}

  /** Makes those of the folders that are not there, outer ones first. */
  makeMissing(paths: Iterable<string>): void {
    for (const path of paths) {
      if (this.failure !== undefined || this.isThere(path)) continue;
      const done = this.host.makeFolder(path);
      if (done.ok) this.taken.push(() => this.host.removeFolder(path));
      // Another process may have made it since.
      else if (!this.isThere(path)) this.failure = cannotWrite(path, done.why);
    }
  }

  /** Makes a folder that must not be there yet. `shown`: what a message calls it. */
  makeFolder(path: string, shown: string): void {
    if (this.failure !== undefined) return;
    const done = this.host.makeFolder(path);
    if (done.ok) this.taken.push(() => this.host.removeFolder(path));
    else this.failure = cannotWrite(shown, done.why);
  }

  /** Makes a file that must not be there yet. `shown`: what a message calls it. */
  create(path: string, { content, executable }: EmittedFile, shown: string): void {
    if (this.failure !== undefined) return;
    const done = this.host.create(path, new TextEncoder().encode(content), executable ?? false);
    if (done.ok) this.taken.push(() => this.host.removeFile(path));
    else this.failure = cannotWrite(shown, done.why);
  }

  /** Takes every step back and says why: because of a step that failed, or of what came after them. */
  undo(path = "", why = ""): Diagnostic {
    for (const undo of this.taken.toReversed()) undo();
    return this.failure ?? cannotWrite(path, why);
  }

  private isThere(path: string): boolean {
    const entry = this.host.entry(path);
    return entry.ok && entry.kind !== "nothing";
  }
}

function cannotWrite(path: string, why: string): Diagnostic {
  return PLN5021(fileStart(path), { path, why });
}
