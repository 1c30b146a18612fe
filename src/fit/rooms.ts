/** Whether candidates are plans that rules accept, and whether their steps have room: what they have in common is found out once. */

import { gpus } from "../cluster/gpus.ts";
import type { Judgement, Trials } from "../compiler.ts";
import type { Memory } from "../estimate/estimate.ts";
import {
  attentionCrowds,
  bytesOf,
  bytesPerParameter,
  crowded,
  neededBytes,
  stateBytes,
  stepBytes,
  usedBytes,
} from "../estimate/memory.ts";
import { asksAt, fullShare } from "../estimate/room.ts";
import { worstLoad } from "../estimate/rows.ts";
import type { MeshFacts } from "../stack/facts.ts";
import type { Candidate, Layout } from "./candidate.ts";
import { planOf } from "./plan-of.ts";
import type { Machines } from "./request.ts";

/** `tight`: it fits, and check has something to say of that. */
export type Room = "refused" | "too large" | "tight" | "roomy";

/** What rules warn of that another mesh would not have: groups of experts over several machines. */
const avoided: readonly string[] = ["PLN5063"];

export class Rooms {
  private readonly judged = new Map<string, Judgement>();
  private readonly played = new Map<string, Room>();
  /** The least that a step takes of those that do not fit; null where none was seen. */
  least: number | null = null;

  constructor(private readonly trials: Trials) {}

  /** Whether what stays on a GPU fits at all, at best: most meshes of a large model are out of the question. */
  mayHold({ fsdp_size, tp_size, parameters }: Layout, { gpu }: Machines): boolean {
    const { plan, model } = this.trials;
    const each = plan.lora === undefined ? bytesPerParameter(parameters) : bytesOf[plan.precision.compute];
    return model.totals.total * each <= fsdp_size * tp_size * (gpus.get(gpu)?.memory ?? Number.POSITIVE_INFINITY);
  }

  /** What the rules say of the candidate's layout. */
  judge(candidate: Candidate): Judgement {
    const key = layoutKey(candidate);
    const known = this.judged.get(key);
    if (known !== undefined) return known;
    const judgement = this.trials.judge(planOf(this.trials.plan, candidate));
    this.judged.set(key, judgement);
    return judgement;
  }

  of(candidate: Candidate): Room {
    const { recompute, sequences, accumulation } = candidate;
    // More than two micro-batches are as two.
    const key = [layoutKey(candidate), recompute, sequences, Math.min(accumulation, 2)].join();
    const known = this.played.get(key);
    if (known !== undefined) return known;
    const room = this.play(candidate);
    this.played.set(key, room);
    return room;
  }

  private play(candidate: Candidate): Room {
    const { mesh, diagnostics } = this.judge(candidate);
    if (mesh === undefined) return "refused";
    if (stateBytes(mesh.memory) > mesh.cluster.gpu.memory) return "too large";
    const { memory } = this.trials.foresee(mesh, planOf(this.trials.plan, candidate));
    const { least, outside } = memory;
    const isFar = least !== null && least + outside > mesh.cluster.gpu.memory;
    const room = isFar ? "too large" : roomOf(memory, mesh);
    if (room === "too large") {
      const needed = isFar ? least + outside : neededBytes(memory);
      this.least = Math.min(this.least ?? needed, needed);
    }
    return room === "roomy" && diagnostics.some(({ code }) => avoided.includes(code)) ? "tight" : room;
  }
}

function roomOf(memory: Memory, { cluster, plan, model, sizes }: MeshFacts): Room {
  const { gpu } = cluster;
  const needed = usedBytes(memory);
  if (stepBytes(memory) > gpu.memory || (needed ?? 0) > gpu.memory) return "too large";
  if (attentionCrowds(memory, gpu.memory)) return "tight";
  if (needed === null) return stateBytes(memory) > crowded * gpu.memory ? "tight" : "roomy";
  const most = worstLoad({ ...model.sizes, ep_size: sizes.ep_size });
  const { held } = asksAt(memory, { rank_load: plan.parallelism.rank_load, most });
  const isTight = needed > fullShare * gpu.memory || (held !== null && held > gpu.memory);
  return isTight ? "tight" : "roomy";
}

function layoutKey({ machines, ep_size, fsdp_size, tp_size, dp_replicate_size, parameters }: Candidate): string {
  const { gpu, nodes, gpusPerNode } = machines;
  return [gpu, nodes, gpusPerNode, ep_size, fsdp_size, tp_size, dp_replicate_size, parameters].join();
}
