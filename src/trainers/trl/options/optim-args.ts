/** What a name of `optim_args` takes: a number of at least 0, or true or false. */
export type ArgumentKind = "number" | "flag";

/**
 * The names that the trainer reads for each optimizer, by its own handlers (`transformers.trainer_optimizer`). AdamW's are
 * options of their own. A weight_decay is read and then set anew in each group of parameters, so it counts for nothing.
 */
export const optimArguments: Readonly<Record<string, Readonly<Record<string, ArgumentKind>>>> = {
  adamw_torch: {},
  adamw_torch_fused: {},
  sgd: { momentum: "number", dampening: "number", nesterov: "flag" },
  adagrad: { lr_decay: "number", eps: "number" },
  rmsprop: { momentum: "number", alpha: "number", eps: "number", centered: "flag" },
};

/** What to write for a name that is an option of the trainer. */
export const optimOptions: Readonly<Record<string, string>> = {
  lr: "learning_rate",
  weight_decay: "weight_decay",
  betas: "adam_beta1 and adam_beta2",
  beta1: "adam_beta1",
  beta2: "adam_beta2",
  eps: "adam_epsilon",
};

/** name → value as the trainer splits them; undefined where it cannot. */
export function parseOptimArgs(text: string): ReadonlyMap<string, string> | undefined {
  if (text === "") return new Map();
  const pairs = text.replaceAll(" ", "").split(",");
  const parts = pairs.map((pair) => pair.split("="));
  if (parts.some((part) => part.length !== 2 || part.includes(""))) return undefined;
  return new Map(parts.map(([name = "", value = ""]) => [name, value]));
}

const words: Readonly<Record<string, boolean>> = { true: true, yes: true, 1: true, false: false, no: false, 0: false };

/** A flag as the trainer reads it; undefined for a word that it would take for false without a word. */
export function flagOf(value: string): boolean | undefined {
  const word = value.toLowerCase();
  return Object.hasOwn(words, word) ? words[word] : undefined;
}

/** A number as Python's float reads it; undefined for anything else, and for what no optimizer takes. */
export function numberOf(value: string): number | undefined {
  if (!/^[+-]?([0-9]+(_[0-9]+)*\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i.test(value)) return undefined;
  const number = Number(value.replaceAll("_", ""));
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

/** States of a parameter's shape and format that the optimizer keeps for each parameter. */
export function statesOf(optimizer: string, written: unknown): number {
  const given = typeof written === "string" ? parseOptimArgs(written) : undefined;
  const momentum = (numberOf(given?.get("momentum") ?? "0") ?? 0) > 0 ? 1 : 0;
  if (optimizer === "sgd") return momentum;
  if (optimizer === "adagrad") return 1;
  if (optimizer === "rmsprop") return 1 + momentum + (flagOf(given?.get("centered") ?? "no") ? 1 : 0);
  return 2;
}

/** `optim` of optimizers without arguments that keep fewer than so many states for each parameter, the most states first. */
export function lighterOptimizers(states: number): readonly { readonly optim: string }[] {
  return ["rmsprop", "sgd"].filter((optim) => statesOf(optim, undefined) < states).map((optim) => ({ optim }));
}
