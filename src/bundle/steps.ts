import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { report } from "../diagnostics/report.ts";
import type { Done, WriteHost } from "../host.ts";
import type { EmittedFile } from "../text/file.ts";
import { fileStart } from "../text/location.ts";

/** Steps that can all be taken back. None is made once one has failed. */
export class Steps {
  failure: Diagnostic | undefined;
  private readonly taken: (() => void)[] = [];

  constructor(private readonly host: WriteHost) {}

  makeFolders(paths: Iterable<string>): void {
    for (const path of paths) {
      const made = this.act(path, () => this.host.makeFolder(path));
      if (made) this.taken.push(() => this.host.removeFolder(path));
    }
  }

  create(path: string, { content, executable }: EmittedFile): void {
    if (this.failure !== undefined) return;
    // A file that could not be written whole is there all the same.
    this.taken.push(() => this.host.removeFile(path));
    this.act(path, () => this.host.create(path, new TextEncoder().encode(content), executable ?? false));
  }

  /** Takes every step back and says why: because of a step that failed, or of what came after them. */
  undo(path = "", why = ""): Diagnostic {
    for (const undo of this.taken.toReversed()) undo();
    return this.failure ?? cannotWrite(path, why);
  }

  private act(path: string, action: () => Done): boolean {
    if (this.failure !== undefined) return false;
    const done = action();
    if (!done.ok) this.failure = cannotWrite(path, done.why);
    return done.ok;
  }
}

function cannotWrite(path: string, why: string): Diagnostic {
  return report("PLN5021", fileStart(path), { path, why });
}
