/** What `planc_runtime.rehearsal` prints. */
export interface Outcome {
  /** Seconds of each stage. */
  readonly seconds: Readonly<Record<string, number>>;
  readonly failure?: { readonly stage: string; readonly rank: number; readonly message: string; readonly log: string };
  readonly steps?: readonly Step[];
  readonly models?: Models;
}

export interface Step {
  readonly step: number;
  readonly loss: number;
  readonly reference: number;
  /** The parameter whose gradient differs most, and by how much of its norm. */
  readonly parameter: string;
  readonly difference: number;
}

export interface Models {
  readonly keys: Readonly<Record<"missing_keys" | "unexpected_keys" | "mismatched_keys", readonly string[]>>;
  /** The parameter that differs most after the steps, by how much, and how far the steps moved any parameter. */
  readonly parameter: string;
  readonly difference: number;
  readonly moved: number;
  /** The largest difference of logits over the largest logit. */
  readonly logits: number;
}

/** Beyond these, two runs disagree. Relative; `parameters` to what the steps moved. */
export const tolerances = { loss: 1e-5, gradient: 1e-5, parameters: 0.05, logits: 1e-3 } as const;

/** What disagrees, in words; empty where everything agrees. */
export function disagreements({ steps = [], models }: Outcome): string[] {
  const found: string[] = [];
  const loss = steps.find((step) => !(Math.abs(step.loss / step.reference - 1) <= tolerances.loss));
  if (loss !== undefined)
    found.push(`the loss of step ${loss.step}: ${loss.loss} on the mesh, ${loss.reference} alone`);
  const gradient = steps.find(({ difference }) => !(difference <= tolerances.gradient));
  if (gradient !== undefined)
    found.push(
      `the gradient of ${gradient.parameter} in step ${gradient.step}, by ${gradient.difference.toExponential(1)}`,
    );
  if (models === undefined) return found;
  if (!(models.difference <= tolerances.parameters * models.moved))
    found.push(`${models.parameter} after the steps, by ${models.difference.toExponential(1)}`);
  for (const [kind, names] of Object.entries(models.keys))
    if (names.length > 0)
      found.push(`the saved model: ${names.length} ${kind.replace("_", " ")}, ${names[0]} among them`);
  if (!(models.logits <= tolerances.logits))
    found.push(`the logits of the saved model, by ${models.logits.toExponential(1)}`);
  return found;
}
