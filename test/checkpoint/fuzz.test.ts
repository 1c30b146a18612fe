/**
 * Files that were mutated in every way that a JSON parser, a number or a byte can go wrong, read by the reference parser
 * and by both of planc's readers: what the reference refuses both refuse, what it accepts they refuse for a known reason
 * only, and always alike. PLANC_FUZZ_SEED repeats a run.
 */
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { readHeader } from "../../src/checkpoint/header.ts";
import { memoryHost } from "../host.ts";
import { Conversation } from "../python/conversation.ts";
import { conformance, seed } from "../sample.ts";
import { mutations } from "./fuzz/mutations.ts";
import { Random } from "./fuzz/random.ts";
import { fileOf, validSample } from "./fuzz/valid.ts";

const env = { ...process.env, PYTHONPATH: fileURLToPath(new URL("../../templates", import.meta.url)) };
const conversation = new Conversation("read_headers.py", { env });
afterAll(() => conversation.end());

type Outcome =
  | { readonly tensors: readonly (readonly [string, string, readonly number[], number])[] }
  | { readonly error: string };

interface Case {
  readonly file: Buffer;
  readonly mutated: readonly string[];
}

/**
 * Reasons for which planc refuses what the reference parser accepts: two readers could take it for two things. A shape
 * counts as impossible whatever the order of its dims, which the reference multiplies until it meets a zero.
 */
const stricter =
  /is there twice|__metadata__ has a key twice|is not described by dtype|does not begin with \{|the impossible shape|an impossible shape/;

async function compare(cases: readonly Case[]) {
  const answers = await conversation.ask(cases.map(({ file }) => file.toString("base64")));
  return (answers as [Outcome, Outcome][]).map(([reference, runtime], index) => {
    const { file = Buffer.alloc(0), mutated = [] } = cases[index] ?? {};
    return {
      mutated,
      reference,
      runtime,
      compiler: readInCompiler(file),
      shown: file.toString("latin1").slice(0, 20_000),
    };
  });
}

function readInCompiler(file: Buffer): Outcome {
  const { value, diagnostics } = readHeader(memoryHost({ f: new Uint8Array(file) }), "f");
  if (value === undefined) return { error: diagnostics.map(({ message }) => message).join("; ") };
  return { tensors: value.tensors.map(({ name, dtype, shape, begin, end }) => [name, dtype, shape, end - begin]) };
}

/** Of two tensors of one name the reference parser judges the last alone; planc meets what is wrong with either. */
function repeatsName(file: string): boolean {
  const names = [...file.matchAll(/("(?:[^"\\]|\\.)*")\s*:\s*\{/g)].map(([, name = ""]) =>
    name.replace("\\u0077", "w"),
  );
  return new Set(names).size < names.length;
}

const isRefused = (outcome: Outcome) => "error" in outcome;
const inOrder = (outcome: Outcome) =>
  "error" in outcome ? outcome : [...outcome.tensors].sort(([a], [b]) => (a < b ? -1 : 1));

describe(`PLANC_FUZZ_SEED=${seed}`, () => {
  test("files as they are written are accepted by all three, and read alike", async () => {
    const random = new Random(seed);
    const cases = Array.from({ length: 300 }, () => ({ file: fileOf(validSample(random)), mutated: [] }));
    for (const { reference, runtime, compiler, shown } of await compare(cases)) {
      expect(reference, shown).toHaveProperty("tensors");
      expect(inOrder(compiler), shown).toEqual(inOrder(reference));
      expect(inOrder(runtime), shown).toEqual(inOrder(reference));
    }
  });

  test.each(Object.keys(mutations))(
    "mutated files are judged as the reference parser does, or more strictly: %s",
    async (name) => {
      const random = new Random(seed ^ name.length ^ (name.charCodeAt(0) << 8));
      const cases = Array.from({ length: conformance ? 1000 : 100 }, (): Case => {
        // Every second mutant gets one more change of any kind.
        const mutated = random.chance(50) ? [name] : random.shuffled([name, random.pick(Object.keys(mutations))]);
        const sample = mutated.reduce((at, mutation) => mutations[mutation]?.(at, random) ?? at, validSample(random));
        return { file: fileOf(sample), mutated };
      });
      const compared = await compare(cases);
      for (const { mutated, reference, runtime, compiler, shown } of compared) {
        const message = `${mutated.join(", ")}: ${shown}\n${JSON.stringify({ reference, runtime, compiler }).slice(0, 2000)}`;
        if (isRefused(reference)) expect([isRefused(compiler), isRefused(runtime)], message).toEqual([true, true]);
        expect(isRefused(compiler), message).toBe(isRefused(runtime));
        if ("error" in compiler && !isRefused(reference) && !repeatsName(shown)) {
          expect(compiler.error, message).toMatch(stricter);
        }
        if (!isRefused(compiler)) expect(inOrder(compiler), message).toEqual(inOrder(runtime));
      }
      expect(
        compared.filter(({ compiler }) => isRefused(compiler)).length,
        "a mutation that changes nothing",
      ).toBeGreaterThan(5);
    },
  );
});
