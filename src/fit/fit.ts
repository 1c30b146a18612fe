/** Plans for a model and machines, best first, each judged as `planc check` judges it. */
import { type Checked, checkPlan, type Trials, trialsOf, type World } from "../compiler.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { withFile } from "../host.ts";
import type { Candidate } from "./candidate.ts";
import type { Machines, Request } from "./request.ts";
import { type Found, type Measure, type Space, search, type Timed } from "./search.ts";
import { planText } from "./text.ts";

/** A plan that check accepts. */
export interface Proposal extends Timed {
  readonly text: string;
  readonly checked: Checked;
  readonly diagnostics: readonly Diagnostic[];
}

export interface Fit extends Pick<Found, "tooLarge" | "candidates" | "isMemory" | "least"> {
  readonly plans: readonly Proposal[];
  /** The best with parameters in another format than these have. */
  readonly others: readonly Proposal[];
}

/** Plans that check refuses although the search would propose them, after which it ends: something is wrong with all of them. */
const mostRefused = 8;

/** The model of a config.json, what is wrong with it, and trials of plans of it. */
export function open(world: World, file: string, request: Request, machines: Machines) {
  const alone: Candidate = {
    machines,
    ...{ ep_size: 1, fsdp_size: 1, tp_size: 1, dp_replicate_size: 1, parameters: "float32", recompute: "full" },
    ...{ sequences: 1, accumulation: 1 },
  };
  const bare = planText(world.stacks, request, alone);
  const first = trialsOf(withPlan(world, file, bare), file);
  if (first.value === undefined) return first;
  // With the options that the model asks for, once it is read.
  const text = planText(world.stacks, request, alone, { facts: first.value });
  return text === bare ? first : trialsOf(withPlan(world, file, text), file);
}

/** The best plans of a space, at most so many. */
export function bestPlans(
  world: World,
  file: string,
  request: Request,
  trials: Trials,
  space: Space,
  most: number,
  measure?: Measure,
): Fit {
  const proposals = new Map<Candidate, Omit<Proposal, "time">>();
  let refused = 0;
  const accepts = (candidate: Candidate) => {
    if (refused >= mostRefused) return false;
    const judged = judge(world, file, request, trials, candidate);
    if (judged.checked === undefined) refused++;
    else proposals.set(candidate, { ...judged, candidate, checked: judged.checked });
    return judged.checked !== undefined;
  };
  const { plans, others, ...found } = search(trials, space, most, accepts, measure);
  const proposed = (timed: readonly Timed[]) =>
    timed.flatMap(({ candidate, time }) => {
      const proposal = proposals.get(candidate);
      return proposal === undefined ? [] : [{ ...proposal, time }];
    });
  return { ...found, plans: proposed(plans), others: proposed(others) };
}

/** Judges a candidate as its text. */
export function judge(world: World, file: string, request: Request, trials: Trials, candidate: Candidate) {
  const text = planText(world.stacks, request, candidate, { facts: trials });
  const { value: checked, diagnostics } = checkPlan(withPlan(world, file, text), file);
  return { text, checked, diagnostics };
}

function withPlan({ host, stacks }: World, file: string, text: string): World {
  return { stacks, host: withFile(host, file, new TextEncoder().encode(text)) };
}
