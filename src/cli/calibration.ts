import type { World } from "../compiler.ts";
import { type Calibration, readCalibration } from "../estimate/time/calibration.ts";
import { recording } from "../host.ts";
import type { Arguments } from "./arguments.ts";
import type { Judged } from "./findings.ts";

/** The option of every command that foresees a step's time. */
export const calibrationOption = { calibration: { type: "string" } } as const;

export const calibrationHelp =
  "  --calibration FILE    What planc bench --calibrate measured, in place of planc's own figures of the GPU";

/** What `--calibration` names; `wrong` where it cannot be used. */
export function calibrationOf(
  args: Arguments,
  { host }: Pick<World, "host">,
): { readonly calibration: Calibration | undefined; readonly wrong?: Judged } {
  const file = args.text("calibration");
  if (file === undefined) return { calibration: undefined };
  const recorder = recording(host);
  const { value, diagnostics } = readCalibration(recorder.host, file);
  return value === undefined
    ? { calibration: undefined, wrong: { file, diagnostics, sources: recorder.texts } }
    : { calibration: value };
}
