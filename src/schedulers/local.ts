import type { LocalSection } from "../plan/types.ts";
import type { Scheduler } from "./scheduler.ts";

/** Nobody: a person starts `launch.sh` on the machine, or on each of several. */
export const local: Scheduler<LocalSection> = {
  files: () => [],
  purposes: {},
  submission({ cluster: { nodes } }) {
    const script = "{bundle}/launch.sh";
    if (nodes === 1)
      return { steps: [{ what: "train", command: [script], takesOptions: true, isJob: true }], follow: [] };
    const onNode = (rank: number) => ["env", `NODE_RANK=${rank}`, "MASTER_ADDR=FIRST", script];
    const last = `on ${nodes === 2 ? "the other" : `the next, and so on up to NODE_RANK=${nodes - 1}`}`;
    return {
      steps: [],
      follow: [
        { command: onNode(0), what: "on the first machine; FIRST is its name, under which the others reach it" },
        { command: onNode(1), what: last },
      ],
    };
  },
};
