import { createHash } from "node:crypto";
import type { WriteHost } from "../host.ts";
import { isMapping } from "../text/values.ts";

/** Path inside a bundle → sha256, as its lock gives them. */
export type Digests = ReadonlyMap<string, string>;

/** What reading a lock came to: its digests, that planc did not write it, or why it cannot be read. */
export type DigestsResult = Digests | "foreign" | { readonly why: string };

/**
 * Bounds on a lock that planc may have written, far beyond any real one (its size does not grow with layers, experts or
 * ranks): whoever wrote the file, judging it takes no time to speak of.
 */
const limits = { bytes: 16 * 1024 * 1024, files: 4096, depth: 16, path: 1024 } as const;

/** Reads the digests of the lock that lies at a path. */
export function readDigests(host: WriteHost, path: string): DigestsResult {
  const entry = host.entry(path);
  if (!entry.ok) return entry;
  if (entry.kind !== "file") return "foreign";
  const stat = host.stat(path);
  if (!stat.ok) return stat;
  if (stat.size > limits.bytes) return "foreign";
  const read = host.read(path);
  return read.ok ? (digestsIn(read.bytes) ?? "foreign") : read;
}

function digestsIn(bytes: Uint8Array): Digests | undefined {
  const lock = parsed(bytes);
  if (!isMapping(lock) || !("planc" in lock) || !isMapping(lock["files"])) return undefined;
  const files = Object.entries(lock["files"]);
  if (files.length > limits.files) return undefined;
  const digests = new Map<string, string>();
  for (const [path, digest] of files) {
    if (!isInside(path) || typeof digest !== "string") return undefined;
    digests.set(path, digest);
  }
  return digests;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Whether a path stays in the bundle, whoever wrote the lock that names it. */
function isInside(path: string): boolean {
  const parts = path.split("/");
  return (
    path.length <= limits.path &&
    parts.length <= limits.depth &&
    parts.every((part) => part !== "" && part !== "." && part !== ".." && !/[\\:\0]/.test(part))
  );
}

/** The file of a bundle that tells planc its own files again. */
export const lockFile = "plan.lock.json";

/** As hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
