/**
 * A path to another file, relative to the file that names it.
 * @minLength 1
 * @maxLength 4096
 */
export type FilePath = string;

/**
 * How a checkpoint stores its experts: E experts, I expert width, H hidden size.
 * @value per_expert one matrix per expert, `[I, H] [I, H] [H, I]`
 * @value fused three stacks, `[E, I, H] [E, I, H] [E, H, I]`
 * @value gate_up two stacks, `[E, 2I, H] [E, H, I]`, gate rows first
 * @value gate_up_transposed two stacks, `[E, H, 2I] [E, I, H]`
 * @value gate_up_interleaved the same with alternating gate and up columns (gpt_oss in bfloat16)
 * @value mxfp4 gpt_oss as published: 4-bit blocks and scales
 */
export type LayoutName = "per_expert" | "fused" | "gate_up" | "gate_up_transposed" | "gate_up_interleaved" | "mxfp4";

/** The model: its config.json, its checkpoint and how that is stored. */
export interface ModelSection {
  /**
   * The model's config.json, or a checkpoint folder that has one; relative to this file.
   * @example "models/qwen3-30b-a3b/config.json"
   */
  readonly config: FilePath;
  /**
   * What the job loads: a folder on the cluster or a Hub id.
   * @minLength 1
   * @maxLength 4096
   * @example "Qwen/Qwen3-30B-A3B"
   */
  readonly checkpoint: string;
  /**
   * The commit of a Hub checkpoint, so that the job loads the same bytes next month. Omitted: whatever its
   * main branch holds on that day.
   * @pattern ^[A-Za-z0-9][A-Za-z0-9._/-]{0,254}$
   * @example "ad44e777bcd18fa416d9da3bd8f70d33ebb85d39"
   */
  readonly revision?: string;
  /**
   * How the checkpoint stores its experts. Omitted: as the family is published.
   * @example "per_expert"
   */
  readonly layout?: LayoutName;
  /**
   * The tokenizer, where it is not the checkpoint's own: a folder on the cluster or a Hub id. Omitted: the checkpoint's.
   * @minLength 1
   * @maxLength 4096
   * @example "tokenizers/with-chat-template"
   */
  readonly tokenizer?: string;
  /**
   * The commit of a tokenizer on the Hub. Omitted: whatever its main branch holds on that day.
   * @pattern ^[A-Za-z0-9][A-Za-z0-9._/-]{0,254}$
   * @example "ad44e777bcd18fa416d9da3bd8f70d33ebb85d39"
   */
  readonly tokenizer_revision?: string;
  /**
   * What computes attention: `eager`, `sdpa`, `flash_attention_2`, `flash_attention_3`, `flash_attention_4`,
   * `flex_attention`, or a kernel on the Hub. Omitted: sdpa where the family has it, else eager.
   * @pattern ^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*(@[A-Za-z0-9._-]+)?(:[A-Za-z0-9._-]+)?)?$
   * @maxLength 256
   * @example "flash_attention_2"
   */
  readonly attn_implementation?: string;
}
