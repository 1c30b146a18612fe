/** The software that the bundle is written for. */
export interface StackSection {
  /**
   * Who shards and runs the model.
   * @example "transformers"
   */
  readonly engine: "transformers";
  /**
   * Who runs the training loop.
   * @example "trl"
   */
  readonly trainer: "trl";
  /** The releases that the job runs on, pinned. */
  readonly versions: VersionsSection;
  /**
   * Lets the plan name releases of the engine and the trainer that planc has not read: newer ones, and patches. They are
   * judged with what is known of the nearest one, and `launch.sh` rehearses before it trains. Omitted: they are refused.
   * @default false
   * @example true
   */
  readonly untested?: boolean;
}

/** The releases that the job runs on. */
export interface VersionsSection {
  /**
   * Release of transformers.
   * @pattern ^[0-9]+(\.[0-9]+){1,3}([.-]?(a|b|c|rc|alpha|beta)[0-9]+)?(\.?post[0-9]+)?(\.?dev[0-9]+)?(\+[A-Za-z0-9]+(\.[A-Za-z0-9]+)*)?$
   * @example "5.24.0"
   */
  readonly transformers: string;
  /**
   * Release of TRL.
   * @pattern ^[0-9]+(\.[0-9]+){1,3}([.-]?(a|b|c|rc|alpha|beta)[0-9]+)?(\.?post[0-9]+)?(\.?dev[0-9]+)?(\+[A-Za-z0-9]+(\.[A-Za-z0-9]+)*)?$
   * @example "1.16.0"
   */
  readonly trl: string;
  /**
   * Release of accelerate.
   * @pattern ^[0-9]+(\.[0-9]+){1,3}([.-]?(a|b|c|rc|alpha|beta)[0-9]+)?(\.?post[0-9]+)?(\.?dev[0-9]+)?(\+[A-Za-z0-9]+(\.[A-Za-z0-9]+)*)?$
   * @example "1.15.0"
   */
  readonly accelerate: string;
  /**
   * Release of PyTorch.
   * @pattern ^[0-9]+(\.[0-9]+){1,3}([.-]?(a|b|c|rc|alpha|beta)[0-9]+)?(\.?post[0-9]+)?(\.?dev[0-9]+)?(\+[A-Za-z0-9]+(\.[A-Za-z0-9]+)*)?$
   * @example "2.15.0"
   */
  readonly torch: string;
  /**
   * Release of PEFT, which a plan with `lora` needs. Omitted: the newest that planc is tested with.
   * @pattern ^[0-9]+(\.[0-9]+){1,3}([.-]?(a|b|c|rc|alpha|beta)[0-9]+)?(\.?post[0-9]+)?(\.?dev[0-9]+)?(\+[A-Za-z0-9]+(\.[A-Za-z0-9]+)*)?$
   * @example "0.21.2"
   */
  readonly peft?: string;
}
