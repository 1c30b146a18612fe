import { lockOf } from "../../bundle/lock.ts";
import { type Look, paint } from "../../diagnostics/formats/look.ts";
import { attentionOf } from "../../engines/transformers/attention.ts";
import { conversionOf } from "../../engines/transformers/conversion.ts";
import type { MeshFacts } from "../../engines/transformers/facts.ts";
import { routerLossOf } from "../../engines/transformers/trainers/router-loss.ts";
import { attentionBytes, stateBytes } from "../../estimate/memory.ts";
import { visible } from "../../text/visible.ts";
import { bytes, count, plural } from "../../text/words.ts";
import { meshText } from "./mesh.ts";
import { parametersText } from "./parameters.ts";
import { reasonsText } from "./reasons.ts";
import { table } from "./table.ts";

/** What a plan resolves to and why, for people. */
export function planText(facts: MeshFacts, look: Look): string {
  const lock = lockOf(facts);
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["Model", modelText(facts)],
    [`Mesh: ${plural(facts.mesh.world_size, "rank")}, seen by dense parameters and by experts`, meshText(facts.mesh)],
    ["Parameters", parametersText(facts)],
    ["Memory of the rank that holds the most", memoryText(facts)],
    ["Batch", batchText(facts)],
    ["Checkpoint", [conversionOf(facts).reason]],
    ["Not written in the plan", reasonsText(lock)],
  ];
  return `${sections.map(([title, lines]) => section(title, lines, look)).join("\n\n")}\n`;
}

function section(title: string, lines: readonly string[], look: Look): string {
  return [paint(look, "strong", title), ...lines.map((line) => (line === "" ? "" : `  ${visible(line)}`))].join("\n");
}

function modelText({ plan, model, sizes }: MeshFacts): string[] {
  const { coefficient, from, added } = routerLossOf(plan, model);
  const { total, expert, dense, active } = model.totals;
  const perRank = model.sizes.num_experts / sizes.ep_size;
  return [
    `${model.model_type} (${model.architecture})`,
    ...table(
      [
        [count(total), "parameters"],
        [count(expert), "of them in experts"],
        [count(dense), "dense"],
        [count(active), "at work for a token, the input embedding not counted"],
      ],
      [0],
    ),
    `${model.sizes.num_experts} experts in a layer, ${model.sizes.num_experts_per_tok} for a token, ${perRank} on a rank`,
    coefficient === 0
      ? "no auxiliary loss of the router"
      : `auxiliary loss of the router: coefficient ${coefficient}, from ${from}; about ${Number(added.toPrecision(2))} in the loss`,
  ];
}

function memoryText({ memory, cluster, plan, release, model }: MeshFacts): string[] {
  const attention = attentionOf(plan, release, model.model_type);
  const states = stateBytes(memory);
  return table(
    [
      [bytes(memory.parameters), `parameters in ${plan.precision.parameters}`],
      [bytes(memory.gradients), "gradients"],
      [bytes(memory.optimizer), "optimizer states"],
      [bytes(states), `together, of the ${bytes(cluster.gpu.memory)} of a ${cluster.gpu.name}`],
      ...(attentionBytes(memory) === 0
        ? []
        : [[bytes(attentionBytes(memory)), `more for the scores and masks of attention (${attention})`]]),
      ...(memory.logits === null ? [] : [[bytes(memory.logits), "more for the logits, where they are kept whole"]]),
    ],
    [0],
  );
}

function batchText(facts: MeshFacts): string[] {
  const { batch } = facts;
  const tokens = batch.tokens_per_step;
  const reason = lockOf(facts).provenance["batch.tokens_per_step"]?.reason;
  return [
    `distinct batches in a step: ${count(batch.distinct_batches)}`,
    tokens === null
      ? "max_length is null, so nothing bounds the tokens of a step"
      : `${count(tokens)} tokens: ${reason}`,
  ];
}
