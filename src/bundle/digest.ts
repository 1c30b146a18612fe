import { createHash } from "node:crypto";

/** The file of a bundle that tells planc its own files again. */
export const lockFile = "plan.lock.json";

/** As hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
