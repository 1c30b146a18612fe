import type { Random } from "./random.ts";
import type { Sample } from "./valid.ts";

type Mutation = (sample: Sample, random: Random) => Sample;

const numbers = [
  "0",
  "-0",
  "-1",
  "+1",
  "1",
  "00",
  "04",
  "1.0",
  "4.",
  ".4",
  "1e0",
  "4E0",
  "4e-0",
  "0x4",
  '"4"',
  "4_0",
  "null",
  "true",
  "NaN",
  "Infinity",
  "[4]",
  "[]",
  "{}",
  "٤",
  "４",
  "4294967296",
  "9007199254740993",
  "9223372036854775808",
  "18446744073709551615",
  "18446744073709551616",
  "2305843009213693951",
  "2305843009213693952",
  "99999999999999999999",
  "100000000000000000000",
  "1".repeat(400),
];
const letters = [
  "\\u0061",
  "\\ud800",
  "\\udfff",
  "\\udc00\\ud800",
  "\\ud83d\\ude00",
  "\\uD83D\\uDE00",
  "\\ud83dx",
  "\\u12",
  "\\u00zz",
  "\\x41",
  "\\'",
  "\\/",
  "\\b",
  "\\0",
  "\\",
  "\\u0000",
  "\u0000",
  "\u0001",
  "\u0010",
  "\u001f",
  "\u007f",
  "\n",
  "\t",
  "\u2028",
  "\ufeff",
  "é",
];
/** No UTF-8: a lone surrogate, an overlong slash, a cut character, a stray continuation, beyond the last character. */
const bytes = ["eda080", "c0af", "e282", "80", "ff", "f4908080", "f0808080"].map((hex) => Buffer.from(hex, "hex"));
const spaces = [" ", "\n", "\r", "\t", "  ", "\f", "\v", "\u00a0", "\ufeff", "\u0000", "\u3000", "/**/", ","];
const dtypes = [
  "f32",
  "F33",
  "BF16 ",
  "",
  "E8M0",
  "F8_E8M0",
  "BOOL",
  "F4",
  "F6_E2M3",
  "U8",
  "I4",
  "F\\u0033\\u0032",
  "C64",
];
const values = [
  "null",
  "{}",
  "[]",
  "1",
  '"x"',
  "true",
  '{"a":"b"}',
  '{"a":1}',
  '{"a":null}',
  '{"a":{"b":"c"}}',
  '{"a":"b","a":"c"}',
];

/** Puts `text` in the place of a random match. */
function replace(pattern: RegExp, text: (random: Random, match: string) => string): Mutation {
  return (sample, random) => {
    // One character a byte: what is no UTF-8 any more stays as it is.
    const header = sample.header.toString("latin1");
    const matches = [...header.matchAll(pattern)];
    if (matches.length === 0) return sample;
    const { 0: match, index } = random.pick(matches);
    const mutant = Buffer.from(text(random, match)).toString("latin1");
    return {
      ...sample,
      header: Buffer.from(header.slice(0, index) + mutant + header.slice(index + match.length), "latin1"),
    };
  };
}

function edit(part: "header" | "data", change: (content: Buffer, random: Random) => Buffer): Mutation {
  return (sample, random) => ({ ...sample, [part]: change(sample[part], random) });
}

function splice(content: Buffer, at: number, removed: number, added: Uint8Array): Buffer {
  return Buffer.concat([content.subarray(0, at), added, content.subarray(at + removed)]);
}

const entry = /"(?:[^"\\]|\\.)*":\{"(?:dtype|shape|data_offsets)"[^{}]*\}/g;
const field = /"(?:dtype":"[^"]*"|shape":\[[^\]]*\]|data_offsets":\[[^\]]*\])/g;
const token = /"(?:[^"\\]|\\.)*"|\d+|[[\]{}:,]/g;

export const mutations: Readonly<Record<string, Mutation>> = {
  number: replace(/\d+/g, (random) => random.pick(numbers)),
  nudge: replace(/\d+/g, (random, match) => String(BigInt(match) + BigInt(random.pick([-1, 1, 2, -4, 8])))),
  dtype: replace(/(?<="dtype":")[^"]*/g, (random) => random.pick(dtypes)),
  letter: replace(/(?<=")[^"\\]?(?=[^"\\]*")/g, (random) => random.pick(letters)),
  "letter of a name": replace(/(?<=[{,]\s*")[^"\\]?(?=[^"\\]*":\{)/g, (random) => random.pick(letters)),
  value: replace(/(?<=:)(?:\{[^{}]*\}|"[^"]*"|\[[^\]]*\]|null)/g, (random) => random.pick(values)),
  metadata: replace(/\}\s*$/g, (random, match) => `,"__metadata__":${random.pick(values)}${match}`),
  "entry twice": replace(entry, (random, match) => `${match},${random.chance(50) ? match : match.replace(/\d/, "9")}`),
  "name twice, once escaped": replace(/(?<=[{,])"weight(\d)":(\{[^{}]*\})/g, (_, match) => {
    return `${match},${match.replace('"w', '"\\u0077')}`;
  }),
  "field twice": replace(field, (_, match) => `${match},${match}`),
  "field lost": replace(/,?"(?:dtype|shape|data_offsets)":(?:"[^"]*"|\[[^\]]*\])/g, () => ""),
  "field added": replace(
    field,
    (random, match) => `${match},"${random.pick(["x", "strides", "Dtype", ""])}":${random.pick(values)}`,
  ),
  "field escaped": replace(/"dtype"/g, () => '"dt\\u0079pe"'),
  "entry lost": replace(entry, () => '"__metadata__":null'),
  space: replace(token, (random, match) =>
    random.chance(50) ? match + random.pick(spaces) : random.pick(spaces) + match,
  ),
  token: replace(token, (random, match) => random.pick(["", match + match, "[", "]", "{", "}", ":", ",", "'", "#"])),
  nested: replace(/(?<=:)(?:\{[^{}]*\}|null)/g, (random) => {
    const depth = random.pick([2, 126, 127, 128, 129, 5000, 100_000]);
    return random.chance(50) ? "[".repeat(depth) + "]".repeat(depth) : `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  }),
  wrapped: edit("header", (header, random) =>
    Buffer.from(random.pick(["[", '{"a":', " ", "\n", "\ufeff", "x"]) + header.toString()),
  ),
  tail: edit("header", (header, random) =>
    Buffer.concat([header, Buffer.from(random.pick(["\u0000", "}", "{}", ",", "x", "\t\n\r ", "\f"]))]),
  ),
  other: edit("header", (_, random) =>
    Buffer.from(random.pick(["", "{", "{}", "null", "[]", "1", '""', "{}}", "{} ", " {}", '{"":{}}'])),
  ),
  "invalid UTF-8": edit("header", (header, random) =>
    splice(header, random.below(header.length + 1), 0, random.pick(bytes)),
  ),
  bit: edit("header", (header, random) => {
    const copy = Buffer.from(header);
    const at = random.below(copy.length || 1);
    if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    return copy;
  }),
  "byte lost": edit("header", (header, random) =>
    splice(header, random.below(header.length + 1), 1 + random.below(3), Buffer.alloc(0)),
  ),
  "cut header": (sample, random) => ({
    ...sample,
    header: sample.header.subarray(0, random.below(sample.header.length + 1)),
  }),
  "data added": edit("data", (data, random) => Buffer.concat([data, Buffer.alloc(1 + random.below(9))])),
  "data cut": edit("data", (data, random) => data.subarray(0, random.below(data.length + 1))),
  length: (sample, random) => {
    const { length } = sample.header;
    const wrong = [0, length - 1, length + 1, length + sample.data.length, 100_000_000, 100_000_001].map((value) =>
      BigInt(Math.max(0, value)),
    );
    return { ...sample, length: random.pick([...wrong, 2n ** 63n, 2n ** 64n - 1n, BigInt(length) + 2n ** 32n]) };
  },
};
