import { renderConvert } from "../generated/templates.js";
import type { EmittedFile } from "../host.ts";
import { type ByteProgram, defaultShardSize, sizeBytes } from "./program.ts";

/** What `templates/convert/convert.py.ejs` is written from. */
export interface ConvertView {
  readonly model_type: string;
  readonly from: string;
  readonly to: string;
  readonly max_shard_size: string;
  /** The same in bytes. */
  readonly max_shard_bytes: number;
  /** The lists of layers that the program speaks of, by the name of a constant. */
  readonly layers: readonly {
    readonly name: string;
    readonly start: number;
    readonly stop: number;
    readonly step: number;
  }[];
  /** Those that are no range. */
  readonly irregular: readonly { readonly name: string; readonly layers: readonly number[] }[];
  readonly pieces: readonly {
    readonly piece: string;
    readonly shape: readonly number[];
    readonly source: PlaceView;
    readonly target: PlaceView;
    readonly experts: number;
    readonly layers: string;
  }[];
  /** `[name, constant of its layers or null]` */
  readonly names: readonly (readonly [string, string | null])[];
  readonly beside: readonly string[];
  readonly config: Readonly<Record<string, number>>;
}

interface PlaceView {
  readonly name: string;
  readonly part: number;
  readonly parts: number;
}

/** The program of a conversion, readable as a table. */
export function emitConvert(
  program: ByteProgram,
  { max_shard_size = defaultShardSize }: { readonly max_shard_size?: string } = {},
): EmittedFile {
  const lists = new Map<string, readonly number[]>();
  const nameOf = (layers: readonly number[]): string => {
    const key = layers.join();
    if (!lists.has(key)) lists.set(key, layers);
    const index = [...lists.keys()].indexOf(key);
    return index === 0 ? "LAYERS" : `LAYERS_${index + 1}`;
  };
  const pieces = program.pieces.map((piece) => ({ ...piece, layers: nameOf(piece.layers) }));
  const names = program.names.map(([name, layers]) => [name, layers === null ? null : nameOf(layers)] as const);
  const named = [...lists.values()].map((layers) => ({ name: nameOf(layers), layers, range: rangeOf(layers) }));
  const view: ConvertView = {
    ...program,
    max_shard_size,
    max_shard_bytes: sizeBytes(max_shard_size),
    layers: named.flatMap(({ name, range }) => (range === undefined ? [] : [{ name, ...range }])),
    irregular: named.filter(({ range }) => range === undefined),
    pieces,
    names,
  };
  return { path: "convert.py", content: renderConvert(view) };
}

/** Numbers at equal distances as a Python range. */
function rangeOf(layers: readonly number[]) {
  const [start = 0, second = start + 1] = layers;
  const step = second - start;
  if (layers.some((layer, index) => layer !== start + index * step)) return undefined;
  return { start, stop: start + (layers.length - 1) * step + 1, step };
}
