import type { Cluster } from "../cluster/cluster.ts";
import { plural } from "../text/words.ts";
import type { Submission } from "./scheduler.ts";

/** "2 nodes with 8 GPUs each" */
export function machineWords(
  { nodes, gpus_per_node }: Pick<Cluster, "nodes" | "gpus_per_node">,
  noun = "node",
): string {
  return `${plural(nodes, noun)} with ${plural(gpus_per_node, "GPU")}${nodes === 1 ? "" : " each"}`;
}

/** What stands for a name in the words of a command. */
export type Words = ReadonlyMap<string, string>;

/** A command with its names replaced by what they stand for; those that are not known stay. */
export function filled(command: readonly string[], words: Words): string[] {
  return command.map((word) => word.replace(/\{(\w+)\}/g, (name, key: string) => words.get(key) ?? name));
}

/** For a reader who has submitted nothing yet: what a command will print is JOB, or the like. */
export function unknownWords({ steps }: Submission, bundle: string): Words {
  const names = steps.flatMap(({ prints }) => prints ?? []);
  return new Map([["bundle", bundle], ...names.map((name) => [name, name.toUpperCase()] as const)]);
}
