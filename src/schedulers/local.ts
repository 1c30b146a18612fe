import type { LocalSection } from "../plan/types.ts";
import type { Scheduler } from "./scheduler.ts";

/** Nobody: a person starts `launch.sh` on the machine, or on each of several. */
export const local: Scheduler<LocalSection> = {
  files: () => [],
  purposes: {},
  submission({ cluster }) {
    if (cluster.nodes === 1) return { steps: [{ what: "train", command: ["./launch.sh"] }], follow: [] };
    const onNode = (rank: number) => ["env", `NODE_RANK=${rank}`, "MASTER_ADDR=FIRST", "./launch.sh"];
    return {
      steps: [],
      follow: [
        { command: onNode(0), what: "on the first machine; FIRST is its name, under which the others reach it" },
        { command: onNode(1), what: `on the second, and so on to NODE_RANK=${cluster.nodes - 1}` },
      ],
    };
  },
};
