import { Graph } from "@dagrejs/graphlib";
import { isHubId } from "../plan/hub-id.ts";
import type { Plan } from "../plan/plan.ts";
import type { MeshFacts } from "../stack/facts.ts";
import { isRehearsed } from "../stack/known.ts";
import type { Placed } from "../stack/mesh.ts";
import type { Program } from "./program.ts";

/** Lowers a checked plan. */
export function lower(facts: MeshFacts): Program {
  const steps = lowerSteps(facts);
  return { tensors: lowerTensors(facts.placed), steps };
}

function lowerTensors(placed: readonly Placed[]): Program["tensors"] {
  const graph: Program["tensors"] = new Graph();
  for (const { parameter, local_shape, placement } of placed) {
    const { name, stored, shape, tied } = parameter;
    const moved = `move ${name}`;
    const target = `parameter ${name}`;
    graph.setNode(target, { kind: "parameter", label: name, shape, local_shape, placement });
    graph.setNode(moved, { kind: "move", label: tied === undefined ? moveOf(name, stored) : "share storage" });
    graph.setEdge(moved, target);
    if (tied !== undefined) graph.setEdge(`parameter ${tied}`, moved);
    for (const source of tied === undefined ? stored : []) {
      graph.setNode(`stored ${source}`, { kind: "stored", label: source });
      graph.setEdge(`stored ${source}`, moved);
    }
  }
  return graph;
}

/** What the engine does with stored tensors to make one parameter of them. */
function moveOf(name: string, stored: readonly string[]): string {
  const steps = [
    ...(stored.some((source) => source.includes("{expert}")) ? ["stack experts"] : []),
    ...(stored.length > 1 ? ["concatenate gate and up"] : []),
  ];
  if (steps.length > 0) return steps.join(", ");
  return stored[0] === name ? "read" : "read under another name";
}

function lowerSteps(facts: MeshFacts): Program["steps"] {
  const { needed, to } = facts.conversion;
  const { layout, dtype } = facts.export;
  const graph: Program["steps"] = new Graph();
  graph.setNode("preflight", {
    kind: "step",
    label: "look at GPUs, versions, limits, disks, checkpoint and data",
    program: "planc_runtime/preflight",
    processes: "node",
  });
  graph.setNode("train", {
    kind: "step",
    label: "train, then save in Hub format",
    program: "train.py",
    processes: "rank",
  });
  const looked = facts.mesh.world_size > 1 ? lowerLinks(graph) : "preflight";
  const fetched = isDownloadedFirst(facts.plan) ? lowerDownload(graph, looked) : looked;
  const tried = isRehearsed(facts) ? lowerRehearsal(graph, fetched) : fetched;
  graph.setEdge(tried, "train");
  graph.setNode("export", {
    kind: "step",
    label: `store a checkpoint of the run in Hub format: ${layout}, ${dtype}`,
    program: "planc_runtime/export/__main__.py",
    processes: "hand",
  });
  graph.setEdge("train", "export");
  if (needed) {
    const label = `convert the checkpoint to ${to}, and prove it`;
    graph.setNode("convert", { kind: "step", label, program: "convert.py", processes: "job" });
    graph.setEdge(tried, "convert");
    graph.setEdge("convert", "train");
  }
  return graph;
}

/** Whether a job without GPUs goes first, and has something to fetch. Elsewhere each machine loads for itself. */
function isDownloadedFirst({ cluster, model, data }: Plan): boolean {
  const names = [model.checkpoint, model.tokenizer, data.path, data.evaluation?.path];
  return cluster.scheduler.kind === "slurm" && names.some((name) => name !== undefined && isHubId(name));
}

function lowerDownload(graph: Program["steps"], after: string): string {
  graph.setNode("download", {
    kind: "step",
    label: "download what the plan takes from the Hub",
    program: "planc_runtime/download.py",
    processes: "job",
    skip: "PLANC_SKIP_DOWNLOAD",
  });
  graph.setEdge(after, "download");
  return "download";
}

/** Releases that planc has not read are tried at toy size before GPUs are spent on them. */
function lowerRehearsal(graph: Program["steps"], after: string): string {
  graph.setNode("rehearse", {
    kind: "step",
    label: "train a toy on CPU processes, and compare it with one process",
    program: "planc_runtime/rehearsal/before.py",
    processes: "job",
    skip: "PLANC_SKIP_REHEARSAL",
  });
  graph.setEdge(after, "rehearse");
  return "rehearse";
}

/** Ranks that talk to each other try it first, on every machine at once. */
function lowerLinks(graph: Program["steps"]): string {
  graph.setNode("links", {
    kind: "step",
    label: "test the links along every axis of the mesh",
    program: "planc_runtime/preflight/links",
    processes: "nodes",
    skip: "PLANC_SKIP_LINKS",
  });
  graph.setEdge("preflight", "links");
  return "links";
}
