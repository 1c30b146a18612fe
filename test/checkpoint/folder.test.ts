import { describe, expect, test } from "vitest";
import { readFolder } from "../../src/checkpoint/folder.ts";
import { memoryHost } from "../host.ts";
import { type Specs, safetensors, sharded } from "./toy.ts";

const one: Specs = { a: ["F32", [2]] };
const two: Specs = { b: ["F32", [2]] };
const [first, second] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
const index = "model/model.safetensors.index.json";

function problems(files: Readonly<Record<string, string | Uint8Array>>): string[] {
  return readFolder(memoryHost(files), "model").diagnostics.map(
    ({ code, location, message }) => `${code} ${location.file.replace("model/", "")}: ${message}`,
  );
}

test("a checkpoint of two files is sound, and so are files for other programs that are not hidden in it", () => {
  const files = sharded({ [first]: one, [second]: two });
  const { value, diagnostics } = readFolder(memoryHost(files), "model");
  expect(diagnostics).toEqual([]);
  expect(value?.files.map(({ name, tensors }) => [name, tensors.map((tensor) => tensor.name)])).toEqual([
    [first, ["a"]],
    [second, ["b"]],
  ]);
  expect(problems({ ...files, "model/consolidated.safetensors": safetensors(one) })).toEqual([
    "PLN2108 consolidated.safetensors: consolidated.safetensors is not named in model.safetensors.index.json: nothing loads it",
  ]);
});

describe("indexes that are refused", () => {
  test.each([
    ["{", "it is no JSON"],
    ["[]", "it has no weight_map"],
    ['{"weight_map":{}}', "it has no weight_map"],
    ['{"weight_map":{"a":1}}', "a is in no file"],
    ['{"weight_map":{"a":"x.safetensors","a":"x.safetensors"}}', "a is there twice"],
    ['{"weight_map":{"a":"x.safetensors","\\u0061":"x.safetensors"}}', "a is there twice"],
    ['{"weight_map":{},"weight_map":{"a":"x.safetensors"}}', "weight_map is there twice"],
  ])("%s", (text, what) => {
    const files = { [index]: text, [`model/${first}`]: safetensors(one) };
    expect(problems(files)).toEqual([
      `PLN2105 model.safetensors.index.json: ${index} is no index of a checkpoint: ${what}`,
    ]);
  });

  test("equal keys of different objects are fine", () => {
    const files = sharded({ [first]: { metadata: ["F32", [2]] } });
    expect(problems(files)).toEqual([]);
  });

  test("what is no UTF-8", () => {
    expect(problems({ [index]: Uint8Array.of(0x7b, 0xff, 0x7d) })[0]).toMatch(/it is no UTF-8 text$/);
  });
});

test.each([
  "../x.safetensors",
  "/etc/x.safetensors",
  "a\\b.safetensors",
  "a\u0000.safetensors",
  "a\n.safetensors",
  "a.bin",
  "",
  ".safetensors",
  "\u202ea.safetensors",
])("an index that names %j is refused and nothing outside is looked at", (name) => {
  const host = memoryHost(sharded({ [first]: one }, { evil: name }));
  const touched: string[] = [];
  const spy = {
    ...host,
    stat: (path: string) => {
      touched.push(path);
      return host.stat(path);
    },
  };
  const { diagnostics } = readFolder(spy, "model");
  expect(diagnostics.map(({ code }) => code)).toEqual(["PLN2106"]);
  expect(diagnostics[0]?.message).toContain(`puts 1 tensor in ${JSON.stringify(name)}`);
  expect(touched).not.toContain(`model/${name}`);
});

test("six hostile names and more are counted", () => {
  const evil = Object.fromEntries(Array.from({ length: 9 }, (_, number) => [`t${number}`, `../${number}.safetensors`]));
  const found = problems(sharded({ [first]: one }, evil));
  expect(found).toHaveLength(6);
  expect(found.at(-1)).toMatch(/names 4 more files that have no plain name$/);
});

describe("the index and the files disagree", () => {
  const both = { [first]: one, [second]: two };
  test.each<[what: string, files: Record<string, string | Uint8Array>, found: string[]]>([
    [
      "a file is missing",
      sharded({ [first]: one }, { b: second, c: second }),
      [`PLN2107 model.safetensors.index.json: ${second} is missing: the index puts 2 tensors in it, one of 2 files`],
    ],
    [
      "a tensor is missing",
      sharded(both, { c: second }),
      [`PLN2111 ${second}: ${second} lacks c, which model.safetensors.index.json puts there`],
    ],
    [
      "a tensor is not named",
      sharded(both, { b: undefined, c: second }),
      [
        `PLN2111 ${second}: ${second} lacks c, which model.safetensors.index.json puts there`,
        `PLN2111 ${second}: ${second} holds b, which is not in model.safetensors.index.json`,
      ],
    ],
    [
      "a tensor is elsewhere",
      sharded({ [first]: { ...one, c: ["U8", []] }, [second]: two }, { c: second }),
      [`PLN2111 ${first}: ${first} holds c, which is in ${second} by model.safetensors.index.json`],
    ],
    [
      "model.safetensors is there too",
      { ...sharded(both), "model/model.safetensors": safetensors(one) },
      [
        "PLN2109 model.safetensors: model.safetensors lies beside model.safetensors.index.json, which does not name it: loaders take one or the other",
      ],
    ],
    [
      "a file is broken",
      { ...sharded(both), [`model/${second}`]: new Uint8Array(3) },
      [`PLN2103 ${second}: model/${second} is cut off: 3 bytes hold no safetensors header`],
    ],
  ])("%s", (_, files, found) => expect(problems(files)).toEqual(found));
});

test("files without an index", () => {
  expect(problems({ "model/config.json": "{}" })).toEqual([
    "PLN2110 model: model holds neither model.safetensors nor model.safetensors.index.json",
  ]);
  const files = {
    [`model/${first}`]: safetensors({ ...one, ...two }),
    [`model/${second}`]: safetensors({ ...one, ...two }),
  };
  expect(problems(files)).toEqual([
    "PLN2110 model: model holds 2 safetensors files and neither model.safetensors nor model.safetensors.index.json: loaders find none of them",
    `PLN2111 ${second}: ${second} holds a and 1 other tensor, which are in ${first} too`,
  ]);
});

test("of many broken files a handful is shown, with the number of the rest", () => {
  const names = Array.from({ length: 30 }, (_, number) => `model-${number + 10}.safetensors`);
  const files = { ...sharded(Object.fromEntries(names.map((name) => [name, { [name]: ["U8", [1]] }]))) };
  for (const name of names) files[`model/${name}`] = new Uint8Array(2);
  const found = problems(files);
  expect(found).toHaveLength(6);
  expect(found.at(-1)).toBe("PLN2101 model: 25 more files in model are broken");
});
