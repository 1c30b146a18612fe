/**
 * A rule's cases: plans with what planc says of them written below their lines. They stand beside the rule as
 * `export const cases: readonly Case[]` and are pure data (no calls, no imports of values), so that the build drops
 * them. `test/diagnostics/cases.test.ts` runs them; `RECORD=1` in front of it writes the annotations.
 */

/** A plan, and as comments what is said of it. */
export interface Case {
  /** What the case is about, where its first line does not say it. */
  readonly name?: string;
  /**
   * A part of a plan, as a template literal that begins with a line end: the sections that it lacks, and the required
   * keys of sections that it does have, come from the reference plan of the tests, where they move nothing.
   *
   * Below a line that something is said of stand lines that begin with `#@`. They are no part of the plan: lines are
   * counted without them.
   *
   * ```yaml
   * cluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 12 }
   * parallelism: { ep_size: 3, fsdp_size: 12 }
   * #@ [25:26) PLN3002 128 experts cannot be shared out over ep_size 3: 2 would be left over
   * #@   help: legal ep_size here: 1, 2 or 4
   * #@   related config.json 22:[18:21) | "num_experts": «128», | num_experts is 128 here
   * #@   fix "change it to 2" -> fine
   * ```
   *
   * `[25:26)`: from column 25 up to, not including, column 26, from one as `planc check --format plain` counts, in
   * UTF-16 units. `[05-07:03)` ends on line 7 before column 3. Other lines are `LINE:[a:b)`, other files
   * `FILE LINE:[a:b)` with the line and «what is covered»; `rest` is what the reference plan added. Behind the code
   * stands the severity where it is not an error. `issue:` names the known issue that it is about. Of a fix: its title, the lines that it changes where the title does
   * not say it, and the codes that are left when it has been applied and the plan judged again.
   *
   * A plan without annotations is clean: not even a note is made of it.
   */
  readonly plan: string;
  /** The model's config.json, written where the plan's `model.config` says. Qwen3-30B-A3B when left out. */
  readonly config?: CaseConfig;
  /** Other files: path → content. A file at the config's path is taken in place of it. */
  readonly files?: Readonly<Record<string, CaseFile>>;
  /** What the release of transformers says of the case's family and of every other, where it says something else. */
  readonly release?: CaseRelease;
  /** What the reference plan adds: everything that is missing, whole sections alone, or nothing. */
  readonly rest?: "all" | "sections" | "none";
  /** A case of a rule has to show one of the rule's codes, unless this says that there is nothing to say. */
  readonly shows?: "nothing";
}

/**
 * The name of a published config in `test/fixtures/configs` (or "toy", that of the toy checkpoint, to which the
 * reference plan is made to fit), the same with keys replaced (`undefined` removes one), or the whole text.
 */
export type CaseConfig =
  | string
  | { readonly of?: string; readonly with: Readonly<Record<string, unknown>> }
  | { readonly text: string };

export interface CaseRelease {
  /** The expert-parallel plan: pattern below the base model → style. */
  readonly epPlan?: Readonly<Record<string, string>>;
  /** Attention implementation → what becomes of packed documents: alone, masks, leaks or stops. */
  readonly documents?: Readonly<Record<string, string>>;
}

/** A text, or one of these. */
export type CaseFile =
  | string
  /** Bytes that are no text. */
  | { readonly base64: string }
  /** So many bytes of nothing but spaces. */
  | { readonly size: number }
  /** A safetensors file of these tensors, name → format and shape. */
  | { readonly tensors: Readonly<Record<string, CaseTensor>> }
  /** A safetensors file with this header, whatever it says, and so many bytes behind it. */
  | { readonly header: string; readonly data?: number }
  /** The toy checkpoint as one file, its two layers in a layout each, with tensors changed or (`undefined`) left out. */
  | {
      readonly toy: readonly [CaseLayout, CaseLayout];
      /** BF16 when left out. */
      readonly dtype?: string;
      readonly with?: Readonly<Record<string, CaseTensor | undefined>>;
    }
  /** The index of the toy checkpoint as one file of that name, with the size that it says. */
  | { readonly index: string; readonly layouts: readonly [CaseLayout, CaseLayout]; readonly total_size?: number }
  /** A config.json beside that of the plan. */
  | { readonly config: CaseConfig }
  /** Something that cannot be read, and why. */
  | { readonly unreadable: string }
  /** Neither a file nor a folder. */
  | { readonly special: true };

/** Its bytes are zeros, or all of them the one that is given. */
export type CaseTensor = readonly [dtype: string, shape: readonly number[], byte?: number];
export type CaseLayout = "per_expert" | "fused" | "gate_up";

/**
 * What the page of a code takes for granted, so that its Wrong and Right can run: `export const examples` beside the
 * cases, by code. A page that speaks of the reference plan and Qwen3-30B-A3B needs none.
 */
export interface Example extends Pick<Case, "config" | "files" | "release" | "rest"> {
  /** What stands beside what the page shows: sections, and keys of its sections. */
  readonly beside?: Readonly<Record<string, unknown>>;
  /** The section that the page's YAML stands in, where it shows a part of one. */
  readonly under?: string;
  /** What a JSON block is: keys over those of the config (when left out), the whole config, a file, or the header of one. */
  readonly json?: "keys" | "config" | { readonly file: string } | { readonly header: string };
  /** Errors that come of what the page leaves out, as where it shows a part of a file. */
  readonly partial?: readonly string[];
  /** What differs for one of the two. */
  readonly wrong?: Omit<Example, "wrong" | "right">;
  readonly right?: Omit<Example, "wrong" | "right">;
}

export type Examples = Readonly<Record<string, Example>>;
