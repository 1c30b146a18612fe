/**
 * Writes a bundle so that a full disk or a killed process leaves the old one as it was. A new bundle is prepared in a
 * folder beside its own and appears by one rename (`make.ts`). In a folder that is there already, and that may hold the
 * output of a running job, every file is prepared under a temporary name beside its own before the first is put in its
 * place (`replace.ts`). When another planc is at work on the folder, this one waits for it.
 */
import { isDeepStrictEqual } from "node:util";
import type { Result } from "../diagnostics/diagnostic.ts";
import type { EmittedFile, WriteHost } from "../host.ts";
import { type Changes, changesOf } from "./changes.ts";
import { makeBundle } from "./make.ts";
import { clearUp, replaceFiles } from "./replace.ts";
import type { Attempt } from "./steps.ts";

/** How often to try while another planc writes the same folder; with the pauses this takes some three seconds. */
const attempts = 60;

/** Makes a folder hold a bundle. With a diagnostic nothing was changed, unless that says so. */
export function writeBundle(host: WriteHost, folder: string, files: readonly EmittedFile[]): Result<Changes> {
  let last: Result<Changes> | undefined;
  for (let tries = 1; ; tries++) {
    const compared = changesOf(host, folder, files);
    if (compared.value === undefined) {
      // Seen in the middle of another's work, anything may look wrong: only what is still so at a second look counts.
      if (!isHeld(compared) && isDeepStrictEqual(compared, last)) return compared;
      last = compared;
      if (!isHeld(compared) && tries < attempts) continue;
    } else {
      const attempt = attemptTo(host, compared.value, files);
      if (attempt === "done") return compared;
      last = { value: undefined, diagnostics: [attempt.problem] };
      if (attempt.isOvertaken !== true) return last;
    }
    if (tries >= attempts) return last;
    // Two that stepped back for each other must not do so again at the same moment.
    host.pause(25 + ((host.pid * tries) % 50));
  }
}

function attemptTo(host: WriteHost, changes: Changes, files: readonly EmittedFile[]): Attempt {
  const { create, update, remove, leftovers } = changes;
  if (!changes.exists) return makeBundle(host, changes);
  if (create.length + update.length + remove.length > 0) return replaceFiles(host, changes, files);
  clearUp(host, changes, leftovers);
  return "done";
}

/** Whether another planc is at work on the folder. */
function isHeld({ diagnostics }: Result<Changes>): boolean {
  return diagnostics.some(({ code }) => code === "PLN5026");
}
