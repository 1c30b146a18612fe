import type { ReportedPlan } from "../read/plan.ts";
import { bytesCell, type Table, words } from "../table.ts";
import type { Bar } from "./share.ts";

const whats: Readonly<Record<string, string>> = {
  dp_replicate: "gradients, summed over the replicas",
  fsdp: "weights that are gathered, and gradients",
  efsdp: "the same of experts",
  tp: "sums of activations and of their gradients",
  ep: "tokens to their experts and back",
};

export function trafficBars({ traffic }: ReportedPlan): Bar[] {
  return traffic.map(([axis, bytes]) => ({ name: axis, bytes }));
}

export function trafficTable({ traffic }: ReportedPlan): Table {
  return {
    caption: "Bytes that a rank sends in a step, tokens sent to experts evenly",
    head: ["axis", "bytes", "what"],
    rows: traffic.map(([axis, bytes]) => [words(axis), bytesCell(bytes), words(whats[axis] ?? "")]),
  };
}
