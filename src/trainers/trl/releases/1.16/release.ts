import type { Minimum } from "../../../../stack/engine.ts";
import type { TrainerRelease } from "../../../../stack/trainer.ts";
import type { TrlTask } from "../../facts.ts";
import { dpo } from "../../tasks/dpo/task.ts";
import { sft } from "../../tasks/sft.ts";
import { changed, twoTasks } from "../changed.ts";
import dpoData from "./dpo.json" with { type: "json" };
import data from "./sft.json" with { type: "json" };
import on524 from "./sft-5.24.json" with { type: "json" };

const minimums: readonly Minimum[] = [
  { package: "accelerate", version: "1.10.1", why: "TRL 1.16.0 needs accelerate 1.10.1" },
  {
    package: "accelerate",
    version: "1.12",
    why: "the trainer needs accelerate 1.12 for tp_size above 1",
    when: ({ parallelism }) => parallelism.tp_size > 1,
  },
];

export const release116: TrainerRelease<TrlTask> = {
  version: data.version,
  pairs: [data, changed(data, on524)].map((pair) => {
    const [ofSft, ofDpo] = twoTasks(pair, dpoData);
    return { engine: pair.transformers, tasks: [sft(ofSft, minimums), dpo(ofDpo, minimums)] };
  }),
};
