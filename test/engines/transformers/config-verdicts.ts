/** What planc and transformers say of changed configs, side by side. */
import { spawnSync } from "node:child_process";
import { root } from "../../../scripts/root.ts";
import { checkPlan } from "../../compiler.ts";
import { memoryHost } from "../../host.ts";
import { plan } from "../../plans.ts";

export interface Tried {
  readonly config: string;
  readonly key: string;
  /** What becomes of the key, in words. */
  readonly change: string;
  /** The changed config.json. */
  readonly text: string;
  /** "fine", or where transformers stops. */
  readonly stage: string;
  readonly error: string;
}

/** What `try_configs.py` writes. */
interface Output {
  readonly transformers: string;
  readonly untried: Readonly<Record<string, string>>;
  readonly found: readonly Tried[];
}

/** Has transformers judge every change of some configs; of those in `changes`, where there are any, these alone. */
export function tryConfigs(python: string, input: { readonly configs: object; readonly changes?: object }): Output {
  const options = { input: JSON.stringify(input), encoding: "utf8", maxBuffer: 2 ** 30 } as const;
  const { status, stdout, stderr } = spawnSync(python, [`${root}scripts/try_configs.py`], options);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The errors that planc finds in a config.json, by a plan for one GPU: "PLN2040 rms_norm_eps is 1; …". */
export function errorsIn(config: string, transformers: string): string[] {
  const tree = plan({
    stack: { versions: { transformers } },
    cluster: { gpus_per_node: 1 },
    parallelism: { ep_size: 1, fsdp_size: 1 },
  });
  const host = memoryHost({ "plan.yaml": JSON.stringify(tree), "config.json": config });
  return checkPlan(host, "plan.yaml")
    .diagnostics.filter(({ severity, code }) => severity === "error" && code.startsWith("PLN20"))
    .map(({ code, message }) => `${code} ${message}`);
}

/** What planc refuses although transformers builds it: a model without layers or experts, or one that it would guess. */
const notForPlanc = [
  /^PLN2007 /, // A size that is left out is another model's.
  /^PLN2009 /, // Two names of one size that disagree: which one wins depends on the release.
  /^PLN2011 /, // No experts, or fewer than a token asks for.
  /^PLN2008 .* takes a positive whole number, not (0|-1|null)$/,
  /^PLN2008 .* takes a whole number, 0 or more, not -1$/,
  /^PLN2008 head_dim takes a positive whole number, not true$/, // Python counts true as 1.
  /^PLN2008 mlp_only_layers takes a list of layer numbers, not \[-1\]$/, // Of no layer, and so without effect.
];

export type Verdict = "agree" | "false accept" | "false refusal";

export function verdictOn({ text, stage }: Tried, transformers: string): { verdict: Verdict; errors: string[] } {
  const errors = errorsIn(text, transformers);
  const accepts = stage === "fine" || stage === "large";
  const meant = errors.filter((error) => !notForPlanc.some((pattern) => pattern.test(error)));
  if (accepts) return { verdict: meant.length > 0 ? "false refusal" : "agree", errors: meant };
  return { verdict: errors.length > 0 ? "agree" : "false accept", errors };
}
