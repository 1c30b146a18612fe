/** Axes above 1. */
export interface Mesh {
  readonly fsdp_size: number;
  readonly ep_size: number;
}

/** What every family's toy is rehearsed on; with the second, two ranks have the same experts. */
export const meshes: readonly Mesh[] = [
  { fsdp_size: 2, ep_size: 2 },
  { fsdp_size: 4, ep_size: 2 },
];

/** What came of one rehearsal. */
export interface Row {
  readonly model_type: string;
  readonly published?: string;
  readonly mesh: Mesh;
  /** The trainer cannot compute it, and the plan says so. */
  readonly without_router_loss?: true;
  /** The largest difference of a gradient in the first step, of its norm. */
  readonly agrees?: number;
  /** What differs, in words. */
  readonly differs?: string;
  /** The last words of the stage that failed. */
  readonly stops?: string;
  /** planc's errors: known issue or code → message. */
  readonly refused?: Readonly<Record<string, string>>;
}

export interface Rehearsed {
  readonly date: string;
  readonly transformers: string;
  readonly rows: readonly Row[];
}
