import type { Random } from "./random.ts";

/** A safetensors file, or something that was one: the header's text and the bytes behind it. */
export interface Sample {
  readonly header: Buffer;
  readonly data: Buffer;
  /** What the prefix says, where it is not the header's length. */
  readonly length?: bigint;
}

export function fileOf({ header, data, length }: Sample): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(header.length));
  return Buffer.concat([prefix, header, data]);
}

const bits: Readonly<Record<string, number>> = {
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
};
const shapes = [[], [0], [4], [8, 0, 3], [1, 4], [2, 2, 2], [16], [0, 1152921504606846975n], [1, 1, 1, 1, 4]] as const;
const names = [
  "",
  "weight",
  "a/../b",
  "é",
  "\u{1f600}",
  "\n\u0000",
  '"\\',
  "dtype",
  "__metadata",
  "\u202e",
  "x".repeat(99),
];

/** A file that every parser accepts. */
export function validSample(random: Random): Sample {
  const count = random.below(6);
  let end = 0;
  const entries = Array.from({ length: count }, (_, number) => {
    const dtype = random.pick(Object.keys(bits));
    const shape = random.pick(shapes.filter((dims) => isWhole(dims, dtype)));
    const begin = end;
    end += shape.reduce((product: number, dim) => product * Number(dim), bits[dtype] ?? 0) / 8;
    const fields = random.shuffled([
      `"dtype":"${dtype}"`,
      `"shape":[${shape.join(random.chance(20) ? ", " : ",")}]`,
      `"data_offsets":[${begin},${end}]`,
    ]);
    return `${JSON.stringify(`${random.pick(names)}${number}`)}:{${fields.join(",")}}`;
  });
  const metadata = random.pick([
    [],
    [`"__metadata__":{"format":"pt"}`],
    [`"__metadata__":{}`],
    [`"__metadata__":null`],
  ]);
  const text = `{${random.shuffled([...entries, ...metadata]).join(random.pick([",", ", ", " ,\n\t"]))}}`;
  return { header: Buffer.from(text + " ".repeat(random.below(9))), data: Buffer.alloc(end, 7) };
}

function isWhole(dims: readonly (number | bigint)[], dtype: string): boolean {
  return (
    (dims.reduce((product: number, dim) => product * Number(dim), 1) * (bits[dtype] ?? 0)) % 8 === 0 &&
    // Overflows where an element has 16 bits or more.
    (dims[1] !== 1152921504606846975n || (bits[dtype] ?? 0) <= 8)
  );
}
