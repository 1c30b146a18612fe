/** A `ddp_timeout` that outlasts so many seconds of loading, in steps of ten minutes. */
export function longEnough(seconds: number): number {
  return Math.ceil(seconds / 600) * 600;
}
