/** The fixtures that test/python/outcome_fixture.py writes. */

type Parallel = Readonly<Partial<Record<Size, number>>> & {
  readonly ep_plan?: Readonly<Record<string, string>>;
  readonly ep_implementation?: string;
};

export type Size = "pp_size" | "dp_replicate_size" | "fsdp_size" | "tp_size" | "ep_size";

export interface Case {
  readonly id: string;
  /** Key of the toy model. */
  readonly model: string;
  readonly world: number;
  readonly parallel: Parallel;
  readonly outcome: string;
  readonly message?: string;
  readonly dtype?: string;
  readonly checkpoint?: string;
  readonly experts_implementation?: string;
}

/** Pattern → style → outcome. */
type Sweep = Readonly<Record<string, Readonly<Record<string, string>>>>;

export type Outcomes = { readonly models: Readonly<Record<string, Readonly<Record<string, unknown>>>> } & Readonly<
  Record<string, readonly Case[] | Sweep>
>;

/** The meshes of the sweeps, all on the first toy model. */
const sweeps: Readonly<Record<string, { readonly world: number; readonly parallel: Parallel }>> = {
  style_fsdp: { world: 2, parallel: { fsdp_size: 2, ep_size: 2 } },
  style_tp: { world: 2, parallel: { tp_size: 2, ep_size: 2 } },
  style_both: { world: 4, parallel: { fsdp_size: 2, tp_size: 2, ep_size: 4 } },
};

/** Every group as a list of cases. */
export function expandSweeps(outcomes: Outcomes): Record<string, readonly Case[]> {
  const model = Object.keys(outcomes.models)[0] ?? "";
  const groups: Record<string, readonly Case[]> = {};
  for (const [group, rows] of Object.entries(outcomes)) {
    const sweep = sweeps[group];
    if (Array.isArray(rows)) groups[group] = rows;
    else if (sweep !== undefined) {
      groups[group] = Object.entries(rows as Sweep).flatMap(([pattern, styles]) =>
        Object.entries(styles).map(([style, outcome]) => ({
          id: `${group}/${pattern}=${style}`,
          model,
          world: sweep.world,
          parallel: { ...sweep.parallel, ep_plan: { [pattern]: style } },
          outcome,
        })),
      );
    }
  }
  return groups;
}

/** The plan that asks for what a case ran: changes to the reference plan of test/plans.ts. */
export function planOf(row: Case, transformers: string): Readonly<Record<string, unknown>> {
  const { ep_plan, ep_implementation, ...sizes } = row.parallel;
  const format = row.dtype ?? "float32";
  return {
    stack: { versions: { transformers } },
    cluster: { nodes: 1, gpus_per_node: row.world },
    parallelism: {
      ep_size: 1,
      fsdp_size: 1,
      ...sizes,
      ...(ep_plan === undefined ? {} : { base_model_ep_plan: ep_plan }),
      ...(ep_implementation === undefined ? {} : { ep_implementation }),
    },
    precision: { parameters: format, compute: format, reduce: "float32" },
    sft: { max_length: 32 },
    ...(row.checkpoint === "fused" ? { model: { layout: "gate_up" } } : {}),
  };
}
