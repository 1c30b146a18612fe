/** What `planc bench --calibrate` measured on a machine, as rates: the file is judged whole before a figure of it is used. */
import type { Gpu } from "../../cluster/cluster.ts";
import { PLN5100 } from "../../diagnostics/catalogue/calibration.ts";
import { type Diagnostic, Findings, type Result } from "../../diagnostics/diagnostic.ts";
import type { Host } from "../../host.ts";
import type { Path } from "../../source/path.ts";
import { readSource } from "../../source/read.ts";
import type { Source } from "../../source/source.ts";
import type { Location } from "../../text/location.ts";
import { isMapping } from "../../text/values.ts";
import { backwardProducts, hidden } from "./compute.ts";
import type { Link, LinkRates, Rates } from "./rates.ts";

const VERSION = 1;

/** By how much steps differed from what a calibration of their machine foresaw. */
const spread = 0.1;

/** What is timed is the call of a small module with a gradient: 30 us where planc's own figures take 10 us for a launch. */
const launchesOfModule = 3;

export interface Calibration {
  /** The GPU type of the plan that it was measured for. */
  readonly gpu: string;
  /** As torch names it. */
  readonly device: string;
  /** Where the file says so. */
  readonly at: Location;
  readonly rates: Omit<Rates, "inside" | "across"> & { readonly inside: LinkRates | null };
}

export function readCalibration(host: Host, file: string): Result<Calibration> {
  const findings = new Findings();
  const source = findings.take(readSource(host, file, "json"));
  if (source === undefined) return { value: undefined, diagnostics: findings.all };
  const reader = new Reader(source);
  const version = isMapping(source.value) ? source.value["version"] : undefined;
  if (typeof version === "number" && version !== VERSION) {
    const wrong = PLN5100(source.at(["version"]), { file, version }, { variant: "version" });
    return { value: undefined, diagnostics: [wrong] };
  }
  reader.number(["version"]);
  const value = calibrationOf(reader, source);
  return { value: reader.wrong.length === 0 ? value : undefined, diagnostics: reader.wrong };
}

/** Whether its figures are of the GPU that a plan names. */
export function isOf({ gpu, device }: Calibration, wanted: Gpu): boolean {
  return gpu === wanted.name && (wanted.deviceName === undefined || device.includes(wanted.deviceName));
}

function calibrationOf(reader: Reader, source: Source): Calibration {
  const gpu = reader.text(["gpu"]);
  const device = reader.text(["device"]);
  const made = reader.text(["made"]);
  const torch = reader.text(["torch"]);
  const copy = reader.number(["copy", "bytes"]) / reader.number(["copy", "seconds"]);
  const products = (key: "dense" | "grouped") => {
    let [flops, seconds] = [0, 0];
    for (const at of reader.list([key])) {
      const [rows, k, n, taken] = ["rows", "k", "n", "seconds"].map((name) => reader.number([...at, name])) as Four;
      const matrices = key === "dense" ? 1 : reader.number([...at, "experts"]);
      flops += 2 * rows * k * n;
      seconds += hidden(taken, 2 * (rows * (k + n) + matrices * k * n), copy);
    }
    return flops / seconds;
  };
  const flops = reader.number(["attention", "flops"]);
  return {
    gpu,
    device,
    at: source.at(["gpu"]),
    rates: {
      dense: products("dense"),
      grouped: products("grouped"),
      attention_forward: flops / reader.number(["attention", "forward"]),
      attention_backward: (backwardProducts * flops) / reader.number(["attention", "backward"]),
      copy,
      launch: reader.number(["launch_seconds"]) / launchesOfModule,
      isOwnHost: true,
      inside: linksOf(reader),
      spread,
      source: `measured on ${made} (${device}, torch ${torch})`,
    },
  };
}

type Four = [number, number, number, number];

/** Null where one GPU was measured alone. */
function linksOf(reader: Reader): LinkRates | null {
  if (reader.isNull(["links"])) return null;
  const link = (key: keyof LinkRates): Link => {
    const points = [0, 1].map((index) => [0, 1].map((part) => reader.number(["links", key, index, part])));
    const [[few = 0, little = 0] = [], [many = 0, long = 0] = []] = points;
    // Where more bytes did not take longer, the larger message tells the rate, and the smaller what one takes.
    const rate = long > little && many > few ? (many - few) / (long - little) : many / long;
    return { seconds: Math.max(0, little - few / rate), rate };
  };
  return {
    all_gather: link("all_gather"),
    reduce_scatter: link("reduce_scatter"),
    all_to_all: link("all_to_all"),
  };
}

/** Takes values out of a file, and says what is wrong with each that is not as it should be. */
class Reader {
  readonly wrong: Diagnostic[] = [];

  constructor(private readonly source: Source) {}

  number(path: Path): number {
    const value = this.value(path);
    if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
    return this.refuse(path, value, "a number above 0", 1);
  }

  text(path: Path): string {
    const value = this.value(path);
    return typeof value === "string" && value !== "" ? value : this.refuse(path, value, "a text", "");
  }

  /** The places of a list that has something in it. */
  list(path: Path): readonly Path[] {
    const value = this.value(path);
    if (Array.isArray(value) && value.length > 0) return value.map((_, index) => [...path, index]);
    return this.refuse(path, value, "a list of what was measured", []);
  }

  isNull(path: Path): boolean {
    return this.value(path) === null;
  }

  private value(path: Path): unknown {
    let value: unknown = this.source.value;
    for (const part of path) {
      if (Array.isArray(value)) value = value[Number(part)];
      else value = isMapping(value) ? value[String(part)] : undefined;
    }
    return value;
  }

  private refuse<Value>(path: Path, value: unknown, expected: string, instead: Value): Value {
    const key = path.join(".");
    const found = value === undefined ? "missing" : (JSON.stringify(value) ?? "nothing").slice(0, 60);
    this.wrong.push(PLN5100(this.source.at(path), { file: this.source.file, key, found, expected }));
    return instead;
  }
}
