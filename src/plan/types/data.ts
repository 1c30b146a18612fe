/** The dataset. */
export interface DataSection {
  /**
   * A Hub id, or a file or folder on the cluster.
   * @minLength 1
   * @maxLength 4096
   * @example "THUDM/LongAlign-10k"
   */
  readonly path: string;
  /**
   * The dataset's configuration, where it has several. Omitted: its default one.
   * @minLength 1
   * @maxLength 256
   * @example "default"
   */
  readonly name?: string;
  /**
   * The split to train on, a slice of one, or several that are added up.
   * @minLength 1
   * @maxLength 256
   * @default "train"
   * @example "train"
   * @example "train[:1000]"
   * @example "train[10%:20%]+test"
   */
  readonly split?: string;
  /**
   * The rows that evaluations during training look at: a Hub id, or a file or folder on the cluster. Omitted: `path`,
   * where there is an `eval_split`; else nothing is evaluated.
   * @minLength 1
   * @maxLength 4096
   * @example "data/held-out.jsonl"
   */
  readonly eval_path?: string;
  /**
   * The split of them. Omitted: `train`, where there is an `eval_path`.
   * @minLength 1
   * @maxLength 256
   * @example "test"
   * @example "train[-500:]"
   */
  readonly eval_split?: string;
}
