import { ConfigReader } from "../model/config.ts";
import type { Source } from "../source/source.ts";

type Tree = Readonly<Record<string, unknown>>;

/** A key of a config.json that decides names or shapes, as it was read. */
export interface Trace {
  readonly path: readonly string[];
  readonly kind: "size" | "flag" | "layers";
  /** What was taken: the written value, or what stands for it where it is left out. */
  readonly value: unknown;
  readonly isWritten: boolean;
}

/** A reader that notes what a family asks for. */
export class TracingReader extends ConfigReader {
  readonly traces: Trace[];

  constructor(source: Source, config: Tree, modelType: string, part: readonly string[] = [], whole?: TracingReader) {
    super(source, config, modelType, part, whole);
    this.traces = whole?.traces ?? [];
  }

  /** A key that is asked for and not there has a value that follows from others. */
  override has(key: string): boolean {
    const has = super.has(key);
    if (!has) this.note(key, "size", undefined);
    return has;
  }

  override size(key: string, smallest = 1): number {
    return this.note(key, "size", super.size(key, smallest));
  }

  override empty(key: string): null {
    this.note(key, "size", undefined);
    return super.empty(key);
  }

  override flag(key: string, otherwise: boolean): boolean {
    return this.note(key, "flag", super.flag(key, otherwise));
  }

  override items(key: string): readonly unknown[] {
    return this.note(key, "layers", super.items(key));
  }

  protected override reader(config: Tree, part: readonly string[]): ConfigReader {
    return new TracingReader(this.source, config, this.modelType, part, this);
  }

  private note<Value>(key: string, kind: Trace["kind"], value: Value): Value {
    const path = [...this.part, key];
    const at = this.traces.findIndex((trace) => trace.path.join(".") === path.join("."));
    const trace = { path, kind, value, isWritten: super.has(key) };
    if (at === -1) this.traces.push(trace);
    else if (value !== undefined) this.traces[at] = trace;
    return value;
  }
}
