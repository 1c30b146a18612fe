import { type Look, paint } from "../diagnostics/formats/look.ts";
import { columnsOf, fold, foldBehind } from "../text/fold.ts";

export const overview = `planc: a parallelism-plan compiler for Mixture-of-Experts training

Usage: planc COMMAND [ARGUMENTS]

Commands:
  check PLAN...         Judge plans and write nothing
  compile PLAN...       Write the bundle that trains
  explain PLAN|CODE     Show what a plan resolves to and why, or what a code means
  inspect DIR           Say what a checkpoint folder holds
  data PLAN             Show what its rows become, token by token
  rehearse PLAN         Train a toy of it on CPU processes and compare with one
  launch PLAN           Submit its job to the plan's scheduler, or run it here
  report RUN|PLAN       Tell what a run did beside what was foreseen, as a page too
  bench PLAN            Measure training steps of it on this machine's GPUs
  convert DIR           Write a converter between the layouts of a checkpoint
  issues [PLAN]         List what is known to be wrong with the stack, or what a plan meets
  doctor [PLAN]         List what is installed beside what the plan pins
  init CONFIG           Write a plan for a model and a cluster
  fit CONFIG            Rank plans for a model and GPUs, or offers of GPUs by what tokens cost
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

/** Headings bold, the comments above examples faint, nothing wider than the terminal: the text itself is written by hand. */
export function paintHelp(text: string, look: Look): string {
  return fitted(text.split("\n"), look.width)
    .map((line) => {
      if (/^ +# /.test(line)) return paint(look, "faint", line);
      return line.replace(/^(?:Usage|[A-Z][a-z ]+):/, (heading) => paint(look, "strong", heading));
    })
    .join("\n");
}

/** Paragraphs and descriptions of options, as wide as there is room; an example goes on below itself. */
function fitted(lines: readonly string[], width: number): string[] {
  const rows: string[] = [];
  for (const line of joined(lines)) {
    const [, label, text] = /^( {2,}\S.*? {2,})(\S.*)$/.exec(line) ?? [];
    if (columnsOf(line) <= width) rows.push(line);
    else if (label !== undefined && text !== undefined && !/^ +# /.test(line))
      rows.push(...foldBehind(label, text, width));
    else if (/^ +# /.test(line)) rows.push(...fold(line.trim().slice(2), width - 4).map((row) => `  # ${row}`));
    else if (/^ {2}\S/.test(line)) rows.push(...continued(line.trim(), width));
    else rows.push(...fold(line, width));
  }
  return rows;
}

/** What one line says in the source may take several there. */
function joined(lines: readonly string[]): string[] {
  const rows: string[] = [];
  for (const line of lines) {
    const before = rows.at(-1) ?? "";
    const isProse =
      /^\S/.test(line) && /^\S/.test(before) && !/:$/.test(before) && !/^(Usage|[A-Z][a-z ]+):$/.test(line);
    const isMore = /^ {10,}\S/.test(line) && /^ {2}\S/.test(before);
    if (isProse || isMore) rows.push(`${rows.pop()} ${line.trim()}`);
    else rows.push(line);
  }
  return rows;
}

/** A command over several lines, as a shell reads them. */
function continued(command: string, width: number): string[] {
  const rows = fold(command, width - 8);
  return rows.map((row, index) => `${index === 0 ? "  " : "      "}${row}${index < rows.length - 1 ? " \\" : ""}`);
}
