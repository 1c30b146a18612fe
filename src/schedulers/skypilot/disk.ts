import { bytesOf } from "../../estimate/memory.ts";
import type { MeshFacts } from "../../stack/facts.ts";

/** SkyPilot's own default, GB. */
const least = 256;

/** GB beside the job's files: the system, the driver, the packages of the stack. */
const system = 64;

/**
 * GB of the disk of a machine: the checkpoint that is loaded, two checkpoints of the run, of which the older goes when the newer is
 * complete, and the trained model. In steps of 64.
 */
export function diskSize({ model, plan, rows }: MeshFacts): number {
  const { whole, total } = model.totals;
  const trained = bytesOf[plan.precision.parameters];
  const loaded = whole * (model.dtype === "float32" ? 4 : 2);
  const checkpoint = total * trained * (1 + rows.optimizer_states);
  const bytes = loaded + 2 * checkpoint + whole * trained;
  return Math.max(least, Math.ceil((bytes / 1e9 + system) / 64) * 64);
}
