/** Nobody: `launch.sh` starts torchrun. */
export interface LocalSection {
  /**
   * The scheduler.
   * @example "local"
   */
  readonly kind: "local";
}
