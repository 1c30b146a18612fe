import { type Mapping, noted } from "../../text/yaml-block.ts";
import { container } from "./pod.ts";

/**
 * What becomes of a Job whose pods fail. A pod that is told to stop tells the ranks of all others, which save and end with 75
 * as it does: so all are replaced, and none is counted. One that fails by itself takes the others down with status 1. Each is
 * counted for its own index, so that one lost node costs each index one of its tries, however many nodes there are.
 */
export function restarts(backoffLimitPerIndex: number): Mapping {
  return {
    backoffLimitPerIndex: noted(
      "When a node is lost, the pods of the others fail too. A limit for each index counts that once.",
      backoffLimitPerIndex,
    ),
    maxFailedIndexes: 0,
    podReplacementPolicy: noted("A pod may still be saving: no other takes its place before it has ended.", "Failed"),
    podFailurePolicy: {
      rules: [
        noted("Preempted, evicted, drained, or lost with its node: start again, and do not count it.", {
          action: "Ignore",
          onPodConditions: [{ type: "DisruptionTarget", status: "True" }],
        }),
        noted("75: told to stop, and saved. 143: told to stop before there was anything to save.", {
          action: "Ignore",
          onExitCodes: { containerName: container, operator: "In", values: [75, 143] },
        }),
        noted("2: a mistake in what the job was given, which a second start would only repeat.", {
          action: "FailJob",
          onExitCodes: { containerName: container, operator: "In", values: [2] },
        }),
      ],
    },
  };
}
