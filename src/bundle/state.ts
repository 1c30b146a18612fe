import { PLN5021, PLN5023 } from "../diagnostics/catalogue/bundle.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { EmittedFile, WriteHost } from "../host.ts";
import { fileStart } from "../text/location.ts";
import { lockFile, sha256 } from "./digests.ts";
import { foldersOf, type Owned, reach } from "./owned.ts";

type State = "create" | "update" | "unchanged";

/** What writing a file of the bundle comes to, or what is in its way. */
export function stateOf(host: WriteHost, folder: string, file: EmittedFile, { digests }: Owned): State | Diagnostic {
  for (const inner of foldersOf(file.path)) {
    const above = host.entry(`${folder}/${inner}`);
    if (!above.ok) return unreadable(`${folder}/${inner}`, above.why);
    if (above.kind === "nothing") return "create";
    if (above.kind !== "folder") return conflict(`${folder}/${inner}`, "kind");
  }
  const path = `${folder}/${file.path}`;
  const entry = host.entry(path);
  if (!entry.ok) return unreadable(path, entry.why);
  if (entry.kind === "nothing") return "create";
  if (entry.kind !== "file") return conflict(path, "kind");
  const read = host.read(path);
  if (!read.ok) return unreadable(path, read.why);
  const digest = sha256(read.bytes);
  if (digest === sha256(file.content)) return file.executable && !entry.executable ? "update" : "unchanged";
  const known = digests.get(file.path);
  if (known?.has(digest) || file.path === lockFile || isCutOff(read.bytes, file.content)) return "update";
  return conflict(path, known === undefined ? "foreign" : "default");
}

/**
 * Whether a power cut has left this of a file: its beginning, or nothing, zeros behind. Files are not flushed, so this can
 * happen to them, and whoever compiles again has them whole.
 */
function isCutOff(bytes: Uint8Array, content: string): boolean {
  const whole = new TextEncoder().encode(content);
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  return end < whole.length && bytes.every((byte, at) => at >= end || byte === whole[at]);
}

/** Whether a file of the earlier bundle, which this one has no longer, is still there as planc wrote it, or emptied. */
export function isLeft(host: WriteHost, folder: string, name: string, { digests }: Owned): boolean | Diagnostic {
  const path = `${folder}/${name}`;
  const reached = reach(host, folder, name);
  if (!reached.ok) return unreadable(reached.path, reached.why);
  if (!reached.reachable) return false;
  const entry = host.entry(path);
  if (!entry.ok) return unreadable(path, entry.why);
  if (entry.kind !== "file") return false;
  const read = host.read(path);
  if (!read.ok) return unreadable(path, read.why);
  return digests.get(name)?.has(sha256(read.bytes)) || isCutOff(read.bytes, "-") ? true : conflict(path, "default");
}

function conflict(path: string, variant: "default" | "foreign" | "kind"): Diagnostic {
  return PLN5023(fileStart(path), { path }, { variant });
}

function unreadable(path: string, why: string): Diagnostic {
  return PLN5021(fileStart(path), { path, why }, { variant: "read" });
}
