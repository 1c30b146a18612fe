import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Memory } from "../estimate/estimate.ts";
import { attentionBytes, stateBytes } from "../estimate/memory.ts";
import { renderReadme } from "../generated/templates.js";
import type { EmittedFile } from "../host.ts";
import { schedulerOf } from "../schedulers/schedulers.ts";
import { filled, unknownWords } from "../schedulers/words.ts";
import type { MeshFacts } from "../stack/facts.ts";
import { shell } from "../text/shell.ts";
import { bytes, count, plural } from "../text/words.ts";

/** What `templates/bundle/README.md.ejs` is written from. */
export interface ReadmeView {
  readonly name: string;
  readonly checkpoint: string;
  readonly model_type: string;
  /** Parameters, as words. */
  readonly total: string;
  readonly active: string;
  readonly versions: { readonly transformers: string; readonly trl: string };
  /** Whether each package is held to the release in `requirements.lock`. */
  readonly held: boolean;
  readonly nodes: number;
  /** The commands that submit the job and follow it, each with what it does; null where a person starts `launch.sh`. */
  readonly submission: readonly (readonly [string, string])[] | null;
  /** "8 GPUs of one machine (h100-sxm-80gb)" */
  readonly machines: string;
  /** `[command, what it does]` */
  readonly commands: readonly (readonly [string, string])[];
  readonly figures: readonly (readonly [string, string])[];
  readonly groups: readonly {
    readonly axis: string;
    readonly size: number;
    readonly count: number;
    readonly stride: number;
  }[];
  readonly conversion: string;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  /** `[path, what it is]` */
  readonly files: readonly (readonly [string, string])[];
}

/** `others`: the bundle's other files; `diagnostics`: what was said about the plan and accepted. */
export function emitReadme(
  facts: MeshFacts,
  others: readonly EmittedFile[],
  diagnostics: readonly Diagnostic[],
): EmittedFile {
  const { plan, model, mesh } = facts;
  const view: ReadmeView = {
    name: plan.name,
    checkpoint: plan.model.checkpoint,
    model_type: model.model_type,
    total: count(model.totals.total),
    active: count(model.totals.active),
    versions: plan.versions,
    held: others.some(({ path }) => path === "requirements.lock"),
    nodes: facts.cluster.nodes,
    submission: submissionOf(facts),
    machines: machinesOf(facts),
    commands: commandsOf(facts),
    figures: figuresOf(facts),
    groups: [...mesh.dense, ...mesh.expert]
      .filter(({ size }) => size > 1)
      .map(({ name, size, stride }) => ({ axis: name, size, count: mesh.world_size / size, stride })),
    conversion: facts.conversion.reason,
    warnings: diagnostics.filter(({ severity }) => severity === "warning"),
    files: describe(others, schedulerOf(plan.cluster.scheduler).purposes),
  };
  return { path: "README.md", content: renderReadme(view) };
}

/** The commands as they are typed in the bundle's folder. */
function submissionOf(facts: MeshFacts): ReadmeView["submission"] {
  const section = facts.plan.cluster.scheduler;
  if (section.kind === "local") return null;
  const submission = schedulerOf(section).submission(facts, section);
  const words = unknownWords(submission, ".");
  return [...submission.steps, ...submission.follow].map(({ command, what }) => [shell(filled(command, words)), what]);
}

function machinesOf({ cluster }: MeshFacts): string {
  const { gpus_per_node, nodes, gpu } = cluster;
  const where = nodes === 1 ? "one machine" : `each of ${nodes} machines`;
  return `${plural(gpus_per_node, "GPU")} of ${where} (${gpu.name})`;
}

function commandsOf(facts: MeshFacts): ReadmeView["commands"] {
  const { mesh, cluster } = facts;
  const { layout, dtype } = facts.export;
  const torchrun = `PYTHONSAFEPATH=1 PYTHONPATH=. torchrun --standalone --nproc-per-node ${mesh.world_size}`;
  return [
    ["./launch.sh --max-steps 5", "stops after five steps; train.py takes every option of the trainer by its own name"],
    ["./launch.sh --resume", "goes on from the newest checkpoint, where the run saved any or was told to stop"],
    ["./launch.sh --model FOLDER --dataset data.jsonl", "takes another checkpoint of the same model, and other data"],
    [
      "./launch.sh --cpu --model FOLDER",
      "runs the same program on CPU processes: for a toy checkpoint, to see it work",
    ],
    [
      "PYTHONSAFEPATH=1 PYTHONPATH=. python3 -m planc_runtime.export OUTPUT --output FOLDER",
      `stores the newest checkpoint of a run in Hub format (${layout}, ${dtype}); start it in this folder`,
    ],
    ...(cluster.nodes === 1
      ? [[`${torchrun} forward.py --prompt "..."`, "runs the model forward, sharded as in training"] as const]
      : []),
  ];
}

function figuresOf(facts: MeshFacts): ReadmeView["figures"] {
  const { model, mesh, sizes, memory, batch, cluster } = facts;
  const tokens = batch.tokens_per_step;
  return [
    ["ranks", count(mesh.world_size)],
    ["experts", `${model.sizes.num_experts} in a layer, ${model.sizes.num_experts / sizes.ep_size} of them on a rank`],
    ...memoryOf(memory, cluster.gpu.memory),
    ["batches of their own in a step", count(batch.distinct_batches)],
    ...(tokens === null ? [] : [["tokens in a step", `${batch.exact ? "" : "up to "}${count(tokens)}`] as const]),
    ...documentsOf(facts),
  ];
}

function memoryOf(memory: Memory, ofGpu: number): ReadmeView["figures"] {
  const { peak } = memory;
  const states = `up to ${bytes(stateBytes(memory))}`;
  const also = memory.reference === 0 ? "" : ", the reference model";
  const row = `parameters, gradients and optimizer states${also}`;
  const gpu = `of the ${bytes(ofGpu)} of a GPU`;
  if (peak !== null) {
    const held = `${bytes(peak.reserved + memory.outside)} with what the allocator, CUDA and NCCL hold`;
    return [
      [row, states],
      ["allocated at the peak", `${bytes(peak.allocated)}, in ${peak.moment}; ${held}, ${gpu}`],
    ];
  }
  const attention = attentionBytes(memory);
  return [
    [row, `${states} ${gpu}`],
    ...(attention === 0 ? [] : [["scores and masks of attention", `up to ${bytes(attention)}`] as const]),
  ];
}

/** What packing promises: the strategies differ in what a token sees. */
function documentsOf({ rows }: MeshFacts): ReadmeView["figures"] {
  const row = "documents in a row";
  if (rows.packed_by !== undefined) return [[row, "several, none of which sees another"]];
  if (!rows.packing) return [];
  return [[row, "put end to end and cut (wrapped): a token sees what stands before it, of other documents too"]];
}

/** What each file is for, by its path; folders stand for what they hold. */
const purposes: Readonly<Record<string, string>> = {
  "launch.sh": "starts the job: preflight, a test of the links, then one process a GPU",
  "train.py": "the job",
  "forward.py": "the same model, forward and generate only",
  "convert.py": "re-stores the checkpoint in another layout, and proves it",
  "requirements.txt": "the releases that the plan pins",
  "requirements.lock": "every package that they come to, in one release each",
  Containerfile: "an image with all of it",
  "rehearsal/": "the plan at toy size, which launch.sh rehearses before it trains",
  "planc_runtime/": "what the programs share: loading, options, preflight, export",
};

function describe(others: readonly EmittedFile[], ofScheduler: Readonly<Record<string, string>>): ReadmeView["files"] {
  const names = new Set(others.map(({ path }) => (path.includes("/") ? path.slice(0, path.indexOf("/") + 1) : path)));
  const lock = ["plan.lock.json", "what the plan resolves to and why, and the digest of every file here"] as const;
  return [...[...names].map((name) => [name, purposes[name] ?? ofScheduler[name] ?? ""] as const), lock];
}
