import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import { stateBytes } from "../../estimate/memory.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import { bytes } from "../../text/words.ts";

/** Beyond this share of the GPU, states leave too little for a step. */
const crowded = 0.9;

/** What a rank holds for the whole run against the GPU's memory. */
export const memoryStates: Rule<MeshFacts> = {
  name: "memory-states",
  *check({ plan, cluster, memory, sizes }) {
    const states = stateBytes(memory);
    const { gpu } = cluster;
    const location = plan.written.at("cluster.gpu");
    if (states > gpu.memory) {
      const times = Math.ceil(states / gpu.memory);
      const help =
        `parameters ${bytes(memory.parameters)}, gradients ${bytes(memory.gradients)}, optimizer ` +
        `${bytes(memory.optimizer)}: shard over at least ${times} times as many ranks (fsdp_size is ${sizes.fsdp_size})`;
      yield report("PLN5002", location, { needed: bytes(states), gpu: gpu.name, memory: bytes(gpu.memory) }, { help });
    } else if (states > crowded * gpu.memory) {
      yield report("PLN5003", location, {
        needed: bytes(states),
        gpu: gpu.name,
        memory: bytes(gpu.memory),
        left: bytes(gpu.memory - states),
      });
    }
  },
};
