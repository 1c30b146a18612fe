import { describe, expect, test } from "vitest";
import { readHeader } from "../../src/checkpoint/header.ts";
import type { Host } from "../../src/host.ts";
import { memoryHost } from "../host.ts";
import { fileWith, safetensors } from "./toy.ts";

function read(content: Uint8Array) {
  const { value, diagnostics } = readHeader(memoryHost({ f: content }), "f");
  expect(value).toBeUndefined();
  return diagnostics.map(({ code, message }) => `${code} ${message}`);
}

const a = '"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}';

describe("headers that are refused", () => {
  test.each<[what: string, header: string, data: number, message: string]>([
    ["no object", "[]", 0, "PLN2101 f is no safetensors file: its header does not begin with {"],
    ["a byte order mark", "\ufeff{}", 0, "PLN2101 f is no safetensors file: its header does not begin with {"],
    ["a space in front", " {}", 0, "PLN2101 f is no safetensors file: its header does not begin with {"],
    ["no end", `{${a}`, 4, 'PLN2101 f is no safetensors file: its header ends where "}" is expected'],
    [
      "no text for a name",
      "{a:1}",
      0,
      "PLN2101 f is no safetensors file: a text in double quotes is expected at character 2 of its header",
    ],
    [
      "something behind",
      `{${a}}x`,
      4,
      "PLN2101 f is no safetensors file: the end is expected at character 54 of its header",
    ],
    ["a name twice", `{${a},${a}}`, 4, "PLN2101 f is no safetensors file: a is there twice"],
    [
      "a name twice, once in escapes",
      `{${a},${a.replace('"a"', '"\\u0061"')}}`,
      4,
      "PLN2101 f is no safetensors file: a is there twice",
    ],
    [
      "half a surrogate pair",
      `{${a.replace('"a"', '"\\ud800"')}}`,
      4,
      'PLN2101 f is no safetensors file: "\\ud800" is no Unicode text',
    ],
    [
      "an escape that is none",
      `{${a.replace('"a"', '"\\x61"')}}`,
      4,
      'PLN2101 f is no safetensors file: its header has an invalid escape in "\\x61"',
    ],
    [
      "a line end in a name",
      `{${a.replace('"a"', '"\n"')}}`,
      4,
      "PLN2101 f is no safetensors file: the rest of a text is expected at character 3 of its header",
    ],
    [
      "a field more",
      `{${a.replace("]}", '],"x":1}')}}`,
      4,
      "PLN2101 f is no safetensors file: a is not described by dtype, shape and data_offsets alone",
    ],
    [
      "a field twice",
      `{${a.replace('"shape":[4]', '"dtype":"U8"')}}`,
      4,
      "PLN2101 f is no safetensors file: a is not described by dtype, shape and data_offsets alone",
    ],
    [
      "a tensor that is a number",
      '{"a":1}',
      0,
      "PLN2101 f is no safetensors file: a is not described by dtype, shape and data_offsets alone",
    ],
    [
      "a deep tensor",
      `{"a":${"[".repeat(200_000)}}`,
      0,
      "PLN2101 f is no safetensors file: a is not described by dtype, shape and data_offsets alone",
    ],
    [
      "an unknown format",
      `{${a.replace("U8", "E8M0")}}`,
      4,
      "PLN2101 f is no safetensors file: a has the unknown dtype E8M0",
    ],
    ["a float as size", `{${a.replace("[4]", "[4.0]")}}`, 4, "PLN2101 f is no safetensors file: 4.0 is no size"],
    ["an exponent as size", `{${a.replace("[4]", "[4e0]")}}`, 4, "PLN2101 f is no safetensors file: 4e0 is no size"],
    ["minus zero", `{${a.replace("[0,", "[-0,")}}`, 4, "PLN2101 f is no safetensors file: -0 is no size"],
    ["a zero in front", `{${a.replace("[4]", "[04]")}}`, 4, "PLN2101 f is no safetensors file: 04 is no size"],
    [
      "three offsets",
      `{${a.replace("0,4]", "0,4,8]")}}`,
      4,
      'PLN2101 f is no safetensors file: "]" is expected at character 51 of its header',
    ],
    [
      "another size",
      `{${a.replace("[4]", "[3]")}}`,
      4,
      "PLN2101 f is no safetensors file: a is U8 [3], which takes 3 bytes, but has 4",
    ],
    [
      "half a byte",
      '{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}',
      1,
      "PLN2101 f is no safetensors file: a is F4 [3], which takes 1.5 bytes, but has 1",
    ],
    [
      "an overflow",
      `{${a.replace("[4]", "[4294967296,4294967296]")}}`,
      4,
      "PLN2101 f is no safetensors file: a tensor of its header has an impossible shape",
    ],
    [
      "an overflow in bits",
      `{${a.replace("[4]", "[2305843009213693952,0]")}}`,
      4,
      "PLN2101 f is no safetensors file: a has the impossible shape [2305843009213694000, 0]",
    ],
    [
      "metadata that is a number",
      '{"__metadata__":{"a":1}}',
      0,
      "PLN2101 f is no safetensors file: __metadata__ holds something else than text",
    ],
    [
      "metadata twice",
      '{"__metadata__":{},"__metadata__":{}}',
      0,
      "PLN2101 f is no safetensors file: __metadata__ is there twice",
    ],
    [
      "a key of metadata twice",
      '{"__metadata__":{"a":"","a":""}}',
      0,
      "PLN2101 f is no safetensors file: __metadata__ has a key twice",
    ],
    [
      "a hole in front",
      `{${a.replace("0,4", "2,6")}}`,
      6,
      "PLN2104 f has a hole: a begins at byte 2 of the data, the tensor before it ends at 0",
    ],
    [
      "an overlap",
      `{${a},${a.replace('"a"', '"b"').replace("0,4", "2,6")}}`,
      6,
      "PLN2104 f has tensors that overlap: b begins at byte 2 of the data, before 4",
    ],
    ["bytes behind", `{${a}}`, 5, "PLN2104 f has bytes that belong to no tensor: its tensors end at byte 65 of 66"],
    ["bytes that lack", `{${a}}`, 3, "PLN2103 f is cut off: its tensors end at byte 65 of 64"],
  ])("%s", (_, header, data, message) => expect(read(fileWith(header, data))).toEqual([message]));

  test("what is no UTF-8", () => {
    const header = Buffer.concat([Buffer.from('{"'), Buffer.from("c0af", "hex"), Buffer.from('":1}')]);
    expect(read(fileWith(header))).toEqual(["PLN2101 f is no safetensors file: its header is no UTF-8 text"]);
  });

  test("files without a whole header", () => {
    expect(read(new Uint8Array(7))).toEqual(["PLN2103 f is cut off: 7 bytes hold no safetensors header"]);
    expect(read(fileWith("{}", 0, 3n))).toEqual(["PLN2103 f is cut off: its header ends at byte 11 of 10"]);
    expect(read(fileWith("{}", 0, 100_000_001n))[0]).toMatch(/^PLN2102 .* 100,000,001 bytes, 100,000,000 are allowed$/);
    expect(read(fileWith("{}", 0, 2n ** 64n - 1n))[0]).toMatch(/^PLN2102 .* 18,446,744,073,709,551,615 bytes/);
  });

  test("a file that becomes shorter while it is read", () => {
    const host = memoryHost({ f: fileWith(`{${a}}`, 4) });
    const shrunk: Host = {
      ...host,
      readAt: (path, offset, length) => host.readAt(path, offset, offset === 0 ? length : length - 1),
    };
    expect(readHeader(shrunk, "f").diagnostics.map(({ code }) => code)).toEqual(["PLN2103"]);
  });
});

test("a header is read with no byte of the data", () => {
  const host = memoryHost({ f: safetensors({ a: ["F32", [2, 3]], "": ["U8", []] }) });
  let last = 0;
  const watched: Host = {
    ...host,
    read: () => expect.fail("the whole file is read"),
    readAt: (path, offset, length) => {
      last = Math.max(last, offset + length);
      return host.readAt(path, offset, length);
    },
  };
  const { value } = readHeader(watched, "f");
  expect(value?.tensors).toEqual([
    { name: "a", dtype: "F32", shape: [2, 3], begin: 0, end: 24 },
    { name: "", dtype: "U8", shape: [], begin: 24, end: 25 },
  ]);
  expect(last).toBe((value?.size ?? 0) - 25);
});
