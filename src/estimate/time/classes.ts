/** Where the time of a step goes. */

/** What a step's milliseconds are spent on; what runs behind something else is not counted twice. */
export const classes = {
  dense_products: "products of attention, routers, shared experts and dense blocks",
  expert_products: "grouped products of the experts",
  attention: "attention",
  head: "the head with the loss",
  rows: "rows that are brought into the experts' order and summed",
  elementwise: "norms, positions, activations, sums",
  optimizer: "clipping and the optimizer",
  exchange: "tokens to their experts and back",
  tensor_parallel: "sums over tp",
  sharding: "shards that are gathered and summed, and their copies",
  host: "the GPU waits for the host",
} as const;

export type TimeClass = keyof typeof classes;

/** Seconds of a step by class. */
export type ClassSeconds = Readonly<Record<TimeClass, number>>;

/** What there would have to be more of. */
export type Bound = "compute" | "memory" | "links" | "host";

const bounds: Readonly<Record<TimeClass, Bound>> = {
  dense_products: "compute",
  expert_products: "compute",
  attention: "compute",
  head: "compute",
  rows: "memory",
  elementwise: "memory",
  optimizer: "memory",
  exchange: "links",
  tensor_parallel: "links",
  sharding: "links",
  host: "host",
};

/** The resource that the most of a step is spent on. */
export function boundOf(seconds: ClassSeconds): Bound {
  const sums: Record<Bound, number> = { compute: 0, memory: 0, links: 0, host: 0 };
  for (const name of Object.keys(classes) as TimeClass[]) sums[bounds[name]] += seconds[name];
  return (Object.keys(sums) as Bound[]).reduce((most, each) => (sums[each] > sums[most] ? each : most));
}

export function totalOf(seconds: ClassSeconds): number {
  return Object.values(seconds).reduce((sum, each) => sum + each, 0);
}
