import { classes, type TimeClass } from "../../estimate/time/classes.ts";
import type { MeshFacts } from "../../stack/facts.ts";
import { fold } from "../../text/fold.ts";
import { count } from "../../text/words.ts";
import { table } from "./table.ts";

/** Columns of the longest bar. */
const LONGEST = 24;

/** What of a step is not worth a line: less than this share of it. */
const LEAST = 0.002;

const bounds = {
  compute: "matrix products and attention",
  memory: "reading and writing the GPU's memory",
  links: "the links between ranks",
  host: "the host",
} as const;

/** How long a step takes, and a bar of milliseconds for each class of work in it. */
export function timeText({ time }: Pick<MeshFacts, "time">, width: number): string[] {
  if ("unknown" in time) return fold(`not known: ${time.unknown}`, width);
  const { step_seconds, tokens_per_second_per_gpu, mfu, bound_by, range } = time;
  const [fastest, slowest] = range.map(milliseconds);
  const found = (Object.keys(classes) as TimeClass[]).filter((name) => time.classes[name] > LEAST * step_seconds);
  const most = Math.max(...found.map((name) => time.classes[name]));
  return [
    ...fold(
      `${milliseconds(step_seconds)} ms, ${fastest} to ${slowest}: ${count(Math.round(tokens_per_second_per_gpu))} tokens/s on each GPU${mfu === null ? "" : `, MFU ${(100 * mfu).toFixed(1)} %`}`,
      width,
    ),
    ...fold(`most of it for ${bounds[bound_by]}; rates of the GPU: ${time.source}`, width),
    ...table(
      found.map((name) => {
        const seconds = time.classes[name];
        return [milliseconds(seconds), "=".repeat(Math.max(1, Math.round((LONGEST * seconds) / most))), classes[name]];
      }),
      [0],
      width,
    ),
  ];
}

function milliseconds(seconds: number): string {
  return (1000 * seconds).toFixed(seconds < 0.01 ? 1 : 0);
}
