import { Malformed, Scanner, type Shape, shown } from "./scanner.ts";

/** A tensor as a header describes it. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Offsets of its first byte and of the byte after its last, from the start of the data. */
  readonly begin: number;
  readonly end: number;
}

const metadata = "__metadata__";

/**
 * The tensors that a header's text describes. Each has the size that its shape and format ask for; where they lie is
 * not judged here.
 *
 * @throws Malformed for whatever the reference parser refuses, names written twice and unknown fields.
 */
export function tensorsOf(text: string): StoredTensor[] {
  if (text[0] !== "{") throw new Malformed("its header does not begin with {");
  const scanner = new Scanner(text);
  const tensors: StoredTensor[] = [];
  const names = new Set<string>();
  const dtypes = new Map<string, string>();
  scanner.expect("{");
  if (!scanner.takes("}")) {
    do {
      const name = scanner.string();
      if (names.has(name)) throw new Malformed(`${shown(name)} is there twice`);
      names.add(name);
      scanner.expect(":");
      if (name === metadata) readMetadata(scanner);
      else tensors.push(readTensor(scanner, name, dtypes));
    } while (scanner.takes(","));
    scanner.expect("}");
  }
  if (scanner.at < text.length) throw scanner.unexpected("the end");
  return tensors;
}

function readTensor(scanner: Scanner, name: string, dtypes: Map<string, string>): StoredTensor {
  const undescribed = () => new Malformed(`${shown(name)} is not described by dtype, shape and data_offsets alone`);
  let dtype: string | undefined;
  let shape: Shape | undefined;
  let begin: number | undefined;
  let end = 0;
  if (!scanner.takes("{")) throw undescribed();
  for (let field = 0; field < 3; field++) {
    if (field > 0 && !scanner.takes(",")) throw undescribed();
    if (scanner.text[scanner.at] === "}") throw undescribed();
    const key = scanner.string();
    scanner.expect(":");
    if (key === "dtype" && dtype === undefined) {
      const written = scanner.string();
      dtype = dtypes.get(written) ?? written;
      dtypes.set(dtype, dtype);
    } else if (key === "shape" && shape === undefined) shape = scanner.shape();
    else if (key === "data_offsets" && begin === undefined) {
      scanner.expect("[");
      begin = scanner.size();
      scanner.expect(",");
      end = scanner.size();
      scanner.expect("]");
    } else throw undescribed();
  }
  if (!scanner.takes("}") || dtype === undefined || shape === undefined || begin === undefined) throw undescribed();
  checkSize(name, dtype, shape, end - begin);
  return { name, dtype, shape: shape.dims, begin, end };
}

function checkSize(name: string, dtype: string, { dims, product, elements }: Shape, size: number): void {
  const bits = bitsOf.get(dtype);
  if (bits === undefined) throw new Malformed(`${shown(name)} has the unknown dtype ${shown(dtype)}`);
  const shape = shown(`[${dims.slice(0, 40).join(", ")}]`);
  // Only a huge shape can overflow; counting them all in bigints would cost most of the time.
  if (product >= 2n ** 50n && product * BigInt(bits) >= 2n ** 64n) {
    throw new Malformed(`${shown(name)} has the impossible shape ${shape}`);
  }
  const wanted = (elements * bits) / 8;
  if (wanted !== size) {
    throw new Malformed(`${shown(name)} is ${dtype} ${shape}, which takes ${wanted} bytes, but has ${size}`);
  }
}

/** Texts by text, or null. */
function readMetadata(scanner: Scanner): void {
  if (scanner.text.startsWith("null", scanner.at)) {
    scanner.at += 4;
    return;
  }
  const other = () => new Malformed("__metadata__ holds something else than text");
  if (!scanner.takes("{")) throw other();
  if (scanner.takes("}")) return;
  const keys = new Set<string>();
  do {
    const key = scanner.string();
    if (keys.has(key)) throw new Malformed("__metadata__ has a key twice");
    keys.add(key);
    scanner.expect(":");
    if (scanner.text[scanner.at] !== '"') throw other();
    scanner.string();
  } while (scanner.takes(","));
  scanner.expect("}");
}

const widths: readonly (readonly [bits: number, names: readonly string[]])[] = [
  [4, ["F4"]],
  [6, ["F6_E2M3", "F6_E3M2"]],
  [8, ["BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"]],
  [16, ["I16", "U16", "F16", "BF16"]],
  [32, ["I32", "U32", "F32"]],
  [64, ["C64", "F64", "I64", "U64"]],
];

/** Bits of an element by the name of its format, as the reference parser of safetensors 0.8 knows them. */
export const bitsOf: ReadonlyMap<string, number> = new Map(
  widths.flatMap(([bits, names]) => names.map((name) => [name, bits] as const)),
);
