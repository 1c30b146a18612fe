import { type Look, paint } from "../diagnostics/formats/look.ts";

export const overview = `planc: a parallelism-plan compiler for Mixture-of-Experts training

Usage: planc COMMAND [ARGUMENTS]

Commands:
  check PLAN...         Judge plans and write nothing
  compile PLAN...       Write the bundle that trains
  explain PLAN|CODE     Show what a plan resolves to and why, or what a code means
  inspect DIR           Say what a checkpoint folder holds
  data PLAN             Show what its rows become, token by token
  rehearse PLAN         Train a toy of it on CPU processes and compare with one
  bench PLAN            Measure training steps of it on this machine's GPUs
  convert DIR           Write a converter between the layouts of a checkpoint
  doctor [PLAN]         List what is installed beside what the plan pins
  init CONFIG           Write a plan for a model and a cluster
  graph PLAN            Draw the program of a plan
  schema                Print the JSON Schema of the plan language

Options:
  -h, --help            Show this, or after a command what it takes
  -v, --version         Show the version

A PLAN can be -, which reads one from standard input; paths in it count from the working directory.

Examples:
  # From a checkpoint's config.json to a job on one machine of 8 GPUs
  planc init models/qwen3-30b-a3b --gpu h100-sxm-80gb --gpus-per-node 8 --output plans/qwen3.yaml
  planc compile plans/qwen3.yaml
  bash generated/qwen3/launch.sh
`;

/** Headings bold, the comments above examples faint: the text itself is written by hand. */
export function paintHelp(text: string, look: Look): string {
  return text
    .split("\n")
    .map((line) => {
      if (/^ +# /.test(line)) return paint(look, "faint", line);
      return line.replace(/^(?:Usage|[A-Z][a-z ]+):/, (heading) => paint(look, "strong", heading));
    })
    .join("\n");
}
