import { describe, expect, test } from "vitest";
import { readPrices } from "../../src/cluster/prices.ts";
import { memoryHost } from "../host.ts";

const offer = { name: "one", gpu: "h100-sxm-80gb", gpus: 16, price_per_hour: 40 };

function read(content: unknown, file = "prices.yaml") {
  const text = typeof content === "string" ? content : JSON.stringify(content, null, 2);
  const { value, diagnostics } = readPrices(memoryHost({ [file]: text }), file);
  const said = diagnostics.map(({ code, message, location }) => `${location.range.start.line + 1} ${code} ${message}`);
  return { value, said, fixes: diagnostics.flatMap(({ fixes }) => fixes.map(({ title }) => title)) };
}

test("a list, or a mapping with a currency; machines of 8 where an offer does not say", () => {
  const known = { name: "one", gpu: "h100-sxm-80gb", nodes: 2, gpusPerNode: 8, pricePerHour: 40 };
  expect(read([offer]).value).toEqual({ offers: [known], currency: "" });
  const small = { ...offer, name: "two", gpus: 2, price_per_hour: 0 };
  expect(read({ currency: "EUR", offers: [{ ...offer, gpus_per_node: 4 }, small] }, "prices.json").value).toEqual({
    currency: "EUR",
    offers: [
      { ...known, nodes: 4, gpusPerNode: 4 },
      { ...known, name: "two", nodes: 1, gpusPerNode: 2, pricePerHour: 0 },
    ],
  });
});

describe("what is wrong is named with its place", () => {
  test.each([
    [
      "- { name: a, gpu: h100-sxm-80gb, gpus: eight, price_per_hour: 4 }",
      '1 PLN5110 gpus takes a whole number from 1 to 1024, not "eight"',
    ],
    [
      "- { name: a, gpu: h100-sxm-80gb, gpus: 8, price_per_hour: '4' }",
      '1 PLN5110 price_per_hour takes a number, 0 or more, for an hour of all its GPUs, not "4"',
    ],
    [
      "- { name: a, gpu: h100-sxm-80gb, gpus: 8, price_per_hour: -4 }",
      "1 PLN5110 price_per_hour takes a number, 0 or more, for an hour of all its GPUs, not -4",
    ],
    [
      "- name: a\n  gpu: h100-sxm-80gb\n  gpus: 8\n",
      "1 PLN5110 price_per_hour is missing: a number, 0 or more, for an hour of all its GPUs",
    ],
    [
      "- { name: a, gpu: h100-sxm-80gb, gpus: 12, price_per_hour: 4 }",
      "1 PLN5110 12 GPUs are no whole number of machines of 8",
    ],
    ["offers: []", "1 PLN5110 the price list has no offers"],
    ["[]", "1 PLN5110 the price list has no offers"],
    ["offers: 3", "1 PLN5110 offers takes a list of offers, not 3"],
    ["just text", '1 PLN5110 a price list takes a list of offers, not "just text"'],
    [
      "currency: 3\noffers:\n  - { name: a, gpu: h100-sxm-80gb, gpus: 8, price_per_hour: 4 }",
      "1 PLN5110 currency takes text, such as USD, not 3",
    ],
  ])("%s", (content, message) => {
    const { value, said } = read(content);
    expect(value).toBeUndefined();
    expect(said).toEqual([message]);
  });

  test("a GPU of which planc has no figures, and a key that is nearly one", () => {
    const unknown = read([{ ...offer, gpu: "h100-sxm-80g" }]);
    expect(unknown.said).toEqual([expect.stringContaining("PLN5110 unknown GPU h100-sxm-80g, whose memory and speed")]);
    expect(unknown.fixes).toEqual(["change it to h100-sxm-80gb"]);
    const figures = read([{ ...offer, gpu: { name: "mine", memory_gb: 80 } }]);
    expect(figures.said).toEqual([expect.stringContaining("PLN5110 gpu takes the name of a GPU")]);
    expect(read([{ ...offer, price_per_hours: 4 }]).fixes).toEqual(["change it to price_per_hour"]);
  });

  test("two of one name, more than can be compared, and a file that is no list at all", () => {
    expect(read([offer, offer]).said).toEqual([expect.stringContaining("two offers are named one")]);
    const many = Array.from({ length: 65 }, (_, index) => ({ ...offer, name: `offer ${index}` }));
    expect(read(many).said).toEqual([expect.stringContaining("has 65 offers; at most 64")]);
    expect(read("").said).toEqual([expect.stringContaining("PLN1002")]);
    expect(read("#".repeat(1024 * 1024 + 1)).said).toEqual([expect.stringContaining("PLN1001")]);
    expect(readPrices(memoryHost({}), "gone.yaml").diagnostics.map(({ code }) => code)).toEqual(["PLN1001"]);
  });
});
