import { expect, test } from "vitest";
import { checkTree } from "../plans.ts";

const said = (env: Readonly<Record<string, unknown>>) =>
  checkTree({ cluster: { env } })
    .diagnostics.filter(({ code }) => code === "PLN5027")
    .map(({ severity, message }) => `${severity}: ${message}`);

test("names that have another owner are refused, with the owner", () => {
  expect(said({ UID: 0, WORLD_SIZE: 8, nodes: 2, NCCL_DEBUG: "INFO" })).toEqual([
    "error: cluster.env cannot set UID: bash, which runs launch.sh, keeps it for itself",
    "error: cluster.env cannot set WORLD_SIZE: torchrun sets it for each process",
    "error: cluster.env cannot set nodes: launch.sh uses it",
  ]);
});

test("names that only look like those are free", () => {
  expect(
    said({ MASTER_ADDR: "node0", MASTER_PORT: 1, PYTHONPATH: "/lib", uid: 1, Nodes: 1, constructor: "x" }),
  ).toEqual([]);
});
