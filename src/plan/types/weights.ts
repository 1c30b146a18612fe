import type { LayoutName } from "./model.ts";
import type { FloatName } from "./precision.ts";

/** A conversion of the checkpoint to another layout. */
export interface ConversionSection {
  /**
   * The layout to convert to.
   * @example "fused"
   */
  readonly to: LayoutName;
  /**
   * Largest size of one file of the converted checkpoint.
   * @pattern ^[1-9][0-9]{0,5}(\.[0-9]{1,3})?(KB|MB|GB|TB)$
   * @default "5GB"
   * @example "5GB"
   */
  readonly max_shard_size?: string;
}

/** How `python -m planc_runtime.export` stores the trained model. */
export interface ExportSection {
  /**
   * The layout of the experts. Omitted: as the family is published; gpt_oss, which is published in 4 bits, as
   * transformers holds it, `gate_up_interleaved`.
   * @example "per_expert"
   */
  readonly layout?: LayoutName;
  /**
   * The number format of the weights. Omitted: the one that the config.json names.
   * @example "bfloat16"
   */
  readonly dtype?: FloatName;
  /**
   * Largest size of one file.
   * @pattern ^[1-9][0-9]{0,5}(\.[0-9]{1,3})?(KB|MB|GB|TB)$
   * @default "5GB"
   * @example "5GB"
   */
  readonly max_shard_size?: string;
}
