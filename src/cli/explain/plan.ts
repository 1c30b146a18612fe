import { type Lock, lockOf } from "../../bundle/lock.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { type Look, paint } from "../../diagnostics/formats/look.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import { fold, foldBehind } from "../../text/fold.ts";
import { visible } from "../../text/visible.ts";
import { count, plural } from "../../text/words.ts";
import { adaptersText } from "./adapters.ts";
import { memoryText } from "./memory.ts";
import { meshText } from "./mesh.ts";
import { parametersText } from "./parameters.ts";
import { reasonsText } from "./reasons.ts";
import { table } from "./table.ts";
import { timeText } from "./time.ts";
import { trafficText } from "./traffic.ts";

/** What a plan resolves to and why, for people. */
export function planText(facts: MeshFacts, diagnostics: readonly Diagnostic[], look: Look): string {
  const lock = lockOf(facts);
  const width = look.width - 2;
  const notes = diagnostics.filter(({ severity }) => severity === "info");
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["Model", modelText(facts, width)],
    [
      `Mesh: ${plural(facts.mesh.world_size, "rank")}, seen by dense parameters and by experts`,
      meshText(facts.mesh, facts.cluster, width),
    ],
    ["Parameters", parametersText(facts, width)],
    ["Adapters", adaptersText(facts, lock, width)],
    ["Memory of the rank that holds the most", memoryText(facts, width)],
    ["Traffic of a rank in a step, tokens sent to experts evenly", trafficText(facts, width)],
    ["Time of a step, foreseen", timeText(facts, width)],
    ["Batch", batchText(facts, lock, width)],
    ["Checkpoint", fold(facts.conversion.reason, width)],
    ["Not written in the plan", reasonsText(lock, width)],
    ["Notes", notes.flatMap(({ code, message }) => foldBehind(`${code}  `, message, width))],
  ];
  const shown = sections.filter(([, lines]) => lines.length > 0);
  return `${shown.map(([title, lines]) => section(title, lines, look)).join("\n\n")}\n`;
}

function section(title: string, lines: readonly string[], look: Look): string {
  return [paint(look, "strong", title), ...lines.map((line) => (line === "" ? "" : `  ${visible(line)}`))].join("\n");
}

function modelText({ plan, model, sizes, task }: MeshFacts, width: number): string[] {
  const loss = task.lossInWords({ plan, model });
  const { total, expert, dense, active, whole } = model.totals;
  const isPart = model.towers.length > 0;
  const perRank = model.sizes.num_experts / sizes.ep_size;
  return [
    `${model.model_type} (${model.architecture})`,
    ...table(
      [
        [count(total), isPart ? "parameters of the language model, which is trained" : "parameters"],
        [count(expert), "of them in experts"],
        [count(dense), "dense"],
        [count(active), "at work for a token, the input embedding not counted"],
        ...(isPart ? [[count(whole), "with the other parts, which stay as they are"]] : []),
      ],
      [0],
      width,
    ),
    `${model.sizes.num_experts} experts in a layer, ${model.sizes.num_experts_per_tok} for a token, ${perRank} on a rank`,
    ...(loss === undefined ? [] : fold(loss, width)),
  ];
}

function batchText({ batch }: MeshFacts, { provenance }: Lock, width: number): string[] {
  const tokens = batch.tokens_per_step;
  const reason = provenance["batch.tokens_per_step"]?.reason;
  return [
    `distinct batches in a step: ${count(batch.distinct_batches)}`,
    ...fold(
      tokens === null
        ? "max_length is null, so nothing bounds the tokens of a step"
        : `${count(tokens)} tokens: ${reason}`,
      width,
    ),
  ];
}
