import { diagnostic, text } from "../define.ts";
import type { Pages } from "../page.ts";

export const PLN5100 = diagnostic("PLN5100", {
  severity: "error",
  messages: {
    default: text`${"file"} is no calibration: ${"key"} is ${"found"}; ${"expected"} is expected`,
    version: text`${"file"} is a calibration of version ${"version"}; this planc reads version 1`,
  },
  help: "planc bench PLAN --calibrate FILE measures anew",
});

export const PLN5101 = diagnostic("PLN5101", {
  severity: "warning",
  messages: {
    default: text`the calibration is of a ${"found"}, and the plan trains on a ${"wanted"}: its figures are not used`,
  },
  help: "measure on a machine with the plan's GPUs, or leave --calibration out",
});

export const pages = {
  PLN5100: {
    title: "a file that is no calibration",
    docs: `\`--calibration\` takes a file that \`planc bench PLAN --calibrate FILE\` wrote: what products, attention, copies, links and the host
take on a machine, each a positive number of seconds or bytes. A file that was cut off, edited, or written by another version of planc
is refused, since figures that are made up would pass for measured ones.

Wrong:

\`\`\`sh
planc explain plans/qwen3-ep8.yaml --calibration measured.json
\`\`\`

Right:

\`\`\`sh
planc bench plans/qwen3-ep8.yaml --calibrate calibration.json
planc explain plans/qwen3-ep8.yaml --calibration calibration.json
\`\`\``,
  },
  PLN5101: {
    title: "a calibration of another GPU",
    docs: `How fast a GPU works says nothing of another type. The step's time is foreseen with planc's own figures of the plan's GPU, as
without the file. Measure on a machine of the plan's kind.`,
  },
} satisfies Pages;
