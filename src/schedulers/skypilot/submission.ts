import type { Skypilot } from "../../plan/scheduling.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import type { Submission } from "../scheduler.ts";

/** A name of SkyPilot's: of letters, digits, `.`, `_` and `-`, a letter first and no sign last. */
export function taskName(plan: string): string {
  const name = plan.replace(/[._-]+$/, "");
  return /^[A-Za-z]/.test(name) ? name : `planc-${name}`;
}

/** The command that starts the job, for who follows it by hand too. */
export function submitWords(plan: string, { managed, secrets }: Skypilot): readonly string[] {
  const start = managed ? ["sky", "jobs", "launch"] : ["sky", "launch", "--cluster", taskName(plan)];
  return [...start, ...secrets.flatMap((name) => ["--secret", name]), "task.sky.yaml"];
}

export function submission({ plan }: MeshFacts, section: Skypilot): Submission {
  const name = taskName(plan.name);
  const command = submitWords(plan.name, section).toSpliced(-1, 0, "--yes", "--detach-run");
  const follow = section.managed
    ? [
        { command: ["sky", "jobs", "queue"], what: "its state and number" },
        { command: ["sky", "jobs", "logs", "--name", name], what: "what it prints" },
        { command: ["sky", "jobs", "cancel", "--name", name], what: "end it and give its machines back" },
      ]
    : [
        { command: ["sky", "queue", name], what: "its state" },
        { command: ["sky", "logs", name], what: "what it prints" },
        { command: ["sky", "down", name], what: "give its machines back, with all that lies on them" },
      ];
  return { steps: [{ what: "rent the machines and train", command }], follow };
}
