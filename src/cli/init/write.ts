import { posix } from "node:path";
import type { Done, Host, WriteHost } from "../../host.ts";
import { visible } from "../../text/visible.ts";
import { exitCode, UsageError } from "../exit-code.ts";
import type { Io } from "../io.ts";

/** Writes a plan to a file that is not there yet, its folders too, or to standard output. */
export function writePlan(text: string, output: string | undefined, io: Io): number {
  if (output === undefined) {
    io.stdout.write(text);
    return exitCode.fine;
  }
  const made = makeFolders(io.host, posix.dirname(output));
  const done = made.ok ? io.host.create(output, new TextEncoder().encode(text), false) : made;
  if (!done.ok) throw new UsageError(`cannot write ${output}: ${done.why}`);
  io.host.flush(output);
  io.stdout.write(`${visible(output)} written; judge it with planc check ${visible(output)}\n`);
  return exitCode.fine;
}

/** What lies there: a link that leads nowhere too. */
function isThere(host: WriteHost, path: string): boolean {
  const found = host.entry(path);
  return found.ok && found.kind !== "nothing";
}

/** Throws where a plan would be written over a file. */
export function refuseToReplace(host: WriteHost & Host, output: string | undefined): void {
  if (output !== undefined && (host.stat(output).ok || isThere(host, output)))
    throw new UsageError(`${output} is there already`, "give another name with --output; planc replaces no file here");
}

/** Makes a folder, and those above it that are not there. */
export function makeFolders(host: WriteHost, folder: string): Done {
  if (host.stat(folder).ok) return { ok: true };
  const above = makeFolders(host, posix.dirname(folder));
  return above.ok ? host.makeFolder(folder) : above;
}

/** For editors, where a schema lies beside the plan or where this repository has it. */
export function modeline(host: Host, file: string): string {
  const place = posix.dirname(file);
  const schema = ["plan.schema.json", "schema/plan.schema.json", "../schema/plan.schema.json"].find(
    (path) => host.stat(posix.join(place, path)).ok,
  );
  return schema === undefined ? "" : `# yaml-language-server: $schema=${schema}\n`;
}
