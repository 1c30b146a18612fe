import type { TrafficByAxis } from "../../estimate/traffic.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import { bytes } from "../../text/words.ts";
import { table } from "./table.ts";

const whats: Readonly<Record<keyof TrafficByAxis, string>> = {
  dp_replicate: "gradients, summed over the replicas",
  fsdp: "weights that are gathered, and gradients",
  efsdp: "the same of experts",
  tp: "sums of activations and of their gradients",
  ep: "tokens to their experts and back",
};

/** What a rank sends over each axis in an optimizer step. */
export function trafficText({ traffic }: Pick<MeshFacts, "traffic">, width: number): string[] {
  const rows = (Object.keys(whats) as (keyof TrafficByAxis)[]).flatMap((axis) => {
    const found = traffic[axis];
    if (found === undefined) return [];
    const { bytes_per_step } = found;
    return [[bytes_per_step === null ? "not known" : bytes(bytes_per_step), axis, whats[axis]]];
  });
  return table(rows, [0], width);
}
