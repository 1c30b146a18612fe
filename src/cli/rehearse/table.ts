import { type Look, paint } from "../../diagnostics/formats/look.ts";
import { causeOf, type Outcome, type Step } from "../../run/outcome.ts";
import type { Prepared } from "../../run/prepare.ts";
import { visible } from "../../text/visible.ts";
import { plural } from "../../text/words.ts";
import { type Folded, isTrainable, worldOf } from "../../toy/fold.ts";

/** What is rehearsed: the plan's mesh, the folded one and the toy. */
export function heading(whole: Folded, { mesh, config, attention }: Prepared, look: Look): string {
  const isSame = worldOf(whole) === worldOf(mesh);
  const rows = [
    ["plan", `${plural(worldOf(whole), "rank")}: ${axes(whole)}`],
    [
      "here",
      isSame ? "the same mesh, on CPU processes" : `${plural(worldOf(mesh), "rank")}: ${axes(mesh)}, on CPU processes`,
    ],
    [
      "toy",
      `${config["model_type"]}, ${config["num_hidden_layers"]} layers of width ${config["hidden_size"]}, float32`,
    ],
  ];
  if (!isTrainable(mesh))
    rows.push(["note", "the trainer cannot start tp_size above 1 on CPU: one step of the model alone, no saved model"]);
  if (attention !== undefined)
    rows.push(["note", `attention by ${attention.taken}: CPU processes cannot train with ${attention.asked}`]);
  return rows.map(([name = "", text]) => `${paint(look, "strong", name.padEnd(6))} ${text}\n`).join("");
}

/** The steps beside the reference, the saved model, and the verdict. */
export function table(outcome: Outcome, look: Look): string {
  const { failure, steps = [], models, seconds, disagreements: found = [] } = outcome;
  const total = Object.values(seconds).reduce((sum, each) => sum + each, 0);
  if (failure !== undefined) {
    const who = failure.stage === "train" ? `rank ${failure.rank} of train.py` : failure.stage;
    const cause = causeOf(failure.message);
    const rows = [
      `${paint(look, "error", "failed:")} ${who}: ${visible(failure.message)}`,
      ...(cause === undefined ? [] : [`  known: ${cause}`]),
      `  the whole log: ${visible(failure.log)}`,
    ];
    return `\n${rows.join("\n")}\n`;
  }
  const rows = steps.map(row);
  const saved =
    models === undefined
      ? ""
      : `\nThe saved model loads in one process; its parameters differ by ${(models.difference / models.moved).toExponential(1)} of what the\n` +
        `steps moved, its logits by ${models.logits.toExponential(1)}.\n`;
  const verdict =
    found.length === 0
      ? `${paint(look, "fix", "agrees")} with one process`
      : `${paint(look, "error", "disagrees")} with one process:\n${found.map((what) => `  ${visible(what)}`).join("\n")}`;
  return `\nstep        loss   one process  worst gradient difference\n${rows.join("")}${saved}\n${verdict} (${total.toFixed(0)} s; toy sizes, float32, eager kernels)\n`;
}

function row({ step, loss, reference, difference, parameter }: Step): string {
  const [here, alone] = [loss, reference].map((value) => value.toFixed(6).padStart(12));
  return `${String(step).padStart(4)}${here}  ${alone}  ${difference.toExponential(1)} ${parameter}\n`;
}

function axes({ dp_replicate_size, fsdp_size, tp_size, ep_size }: Folded): string {
  const dense = Object.entries({ dp_replicate_size, fsdp_size, tp_size }).filter(([, size]) => size > 1);
  const words = dense.map(([name, size]) => `${name} ${size}`).join(" x ");
  return `${words || "one"}, ep_size ${ep_size}`;
}
