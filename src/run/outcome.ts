/** What `planc_runtime.rehearsal` prints. */
export interface Outcome {
  /** Seconds of each stage. */
  readonly seconds: Readonly<Record<string, number>>;
  readonly failure?: { readonly stage: string; readonly rank: number; readonly message: string; readonly log: string };
  /** Parameters of which a rank holds another shape than the lock says. */
  readonly shapes?: readonly Shape[];
  /** Different micro-batches that the ranks saw, that the one process saw, and that both did. */
  readonly batches?: Readonly<Record<"distinct" | "reference" | "common", number>>;
  /** Packed rows of several documents, and how far log-probabilities are apart in their first and in later documents. */
  readonly documents?: Readonly<Record<"rows" | "first" | "later", number>>;
  readonly steps?: readonly Step[];
  readonly models?: Models;
}

export interface Shape {
  readonly parameter: string;
  readonly found: readonly number[];
  readonly planned: readonly number[];
}

export interface Step {
  readonly step: number;
  readonly loss: number;
  readonly reference: number;
  /** The parameter whose gradient differs most, and by how much of its norm. */
  readonly parameter: string;
  readonly difference: number;
  /** How long that gradient is beside the reference's, where it has its direction. */
  readonly length?: number;
}

export interface Models {
  readonly keys: Readonly<Record<"missing_keys" | "unexpected_keys" | "mismatched_keys", readonly string[]>>;
  /** The parameter that differs most after the steps, by what root mean square, and how far the steps moved any value. */
  readonly parameter: string;
  readonly difference: number;
  readonly moved: number;
  /** Parameters whose gate and up halves stand in each other's place. */
  readonly swapped: readonly string[];
  /** The largest difference of logits over the largest logit. */
  readonly logits: number;
}

/** Beyond these, two runs disagree. Relative, `parameters` to what the steps moved; `tokens`, log-probabilities, absolute. */
export const tolerances = { loss: 1e-5, gradient: 1e-5, parameters: 0.05, logits: 1e-3, tokens: 1e-4 } as const;

/** What disagrees, in words, causes before what follows from them; empty where everything agrees. */
export function disagreements({ shapes = [], batches, documents, steps = [], models }: Outcome): string[] {
  return [
    ...shapes.slice(0, 1).map(shaped),
    ...ofBatches(batches),
    ...(models?.swapped ?? []).map(swapped),
    ...ofDocuments(documents),
    ...ofSteps(steps),
    ...ofModels(models),
  ];
}

function shaped({ parameter, found, planned }: Shape): string {
  const rule = parameter.includes(".experts.") ? "; its grouped_gemm rule does not reach it" : "";
  return `${parameter}: a rank holds [${found.join(", ")}] where the plan says [${planned.join(", ")}]${rule}`;
}

function ofBatches(batches: Outcome["batches"]): string[] {
  if (batches === undefined || (batches.common === batches.reference && batches.distinct === batches.reference))
    return [];
  const { distinct, reference, common } = batches;
  const what = `${distinct} different micro-batches where one process took ${reference}, ${common} of them in common`;
  return [distinct < reference ? `ranks saw the same batch: ${what}` : `the batches: ${what}`];
}

/** A first document has none before it: where it agrees and later ones do not, these see what stands before them. */
function ofDocuments(documents: Outcome["documents"]): string[] {
  if (documents === undefined || documents.first > tolerances.tokens || !(documents.later > tolerances.tokens))
    return [];
  const how = `off by ${documents.later.toExponential(1)} behind the first document of a row, and right in it`;
  return [`documents of a packed row see each other: log-probabilities are ${how}`];
}

function swapped(name: string): string {
  return `${name}: gate and up stand in each other's place`;
}

function ofSteps(steps: readonly Step[]): string[] {
  const found: string[] = [];
  const loss = steps.find((step) => !(Math.abs(step.loss / step.reference - 1) <= tolerances.loss));
  if (loss !== undefined)
    found.push(`the loss of step ${loss.step}: ${loss.loss} on the mesh, ${loss.reference} alone`);
  const gradient = steps.find(({ difference }) => !(difference <= tolerances.gradient));
  if (gradient === undefined) return found;
  const { parameter, step, length, difference } = gradient;
  const how =
    length === undefined ? `by ${difference.toExponential(1)}` : `${length.toPrecision(4)} times as long as alone`;
  return [...found, `the gradient of ${parameter} in step ${step}, ${how}`];
}

function ofModels(models: Models | undefined): string[] {
  if (models === undefined) return [];
  const found: string[] = [];
  if (!(models.difference <= tolerances.parameters * models.moved))
    found.push(`${models.parameter} after the steps, by ${models.difference.toExponential(1)}`);
  for (const [kind, names] of Object.entries(models.keys))
    if (names.length > 0)
      found.push(`the saved model: ${names.length} ${kind.replace("_", " ")}, ${names[0]} among them`);
  if (!(models.logits <= tolerances.logits))
    found.push(`the logits of the saved model, by ${models.logits.toExponential(1)}`);
  return found;
}

/** Failures of the stack whose last words do not say what causes them. */
const known: readonly { readonly says: RegExp; readonly means: string }[] = [
  { says: /matrix batch sizes have to match/, means: "one of the two grouped_gemm rules does not reach its experts" },
  { says: /Connection closed by peer/, means: "another rank ended first; its log says why" },
  {
    says: /are missing in it and would be trained from random values/,
    means: "the checkpoint is stored in another layout",
  },
];

/** What is known to cause a failure that ends with such words. */
export function causeOf(message: string): string | undefined {
  return known.find(({ says }) => says.test(message))?.means;
}
