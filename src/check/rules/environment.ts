import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { PlanFacts } from "../../stack/facts.ts";

/** Names that `cluster.env` cannot set, and who has them. */
const taken: readonly (readonly [names: string, why: string])[] = [
  [
    "BASHOPTS BASHPID BASH_ALIASES BASH_ARGC BASH_ARGV BASH_CMDS BASH_COMMAND BASH_LINENO BASH_SOURCE BASH_SUBSHELL BASH_VERSINFO COMP_WORDBREAKS " +
      "DIRSTACK EPOCHREALTIME EPOCHSECONDS EUID FUNCNAME GROUPS HISTCMD LINENO OPTIND PIPESTATUS PPID RANDOM SECONDS " +
      "SHELLOPTS SHLVL SRANDOM UID _",
    "bash, which runs launch.sh, keeps it for itself",
  ],
  [
    "RANK LOCAL_RANK GROUP_RANK ROLE_RANK ROLE_NAME WORLD_SIZE LOCAL_WORLD_SIZE GROUP_WORLD_SIZE ROLE_WORLD_SIZE",
    "torchrun sets it for each process",
  ],
  ["activate bundle plan converted nodes gpus_per_node python job status PLANC_RANKS", "launch.sh uses it"],
];
const reasons: ReadonlyMap<string, string> = new Map(
  taken.flatMap(([names, why]) => names.split(" ").map((name) => [name, why] as const)),
);

/** Every variable of `cluster.env` reaches the job as it is written. */
export const environment: Rule<PlanFacts> = {
  name: "environment",
  *check({ plan }) {
    for (const name of Object.keys(plan.cluster.env)) {
      const why = reasons.get(name);
      if (why === undefined) continue;
      yield report("PLN5027", plan.written.at(["cluster", "env", name], "key"), { name, why });
    }
  },
};
