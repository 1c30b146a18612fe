import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { Conversation } from "../python/conversation.ts";
import { draws } from "../sample.ts";
import { bundleOf, hostilePlan } from "./hostile-plans.ts";

interface Program {
  readonly literals: Readonly<Record<string, unknown>>;
  readonly code: string;
}

interface Read {
  readonly train: Program;
  readonly forward: Program;
  readonly readme: { readonly headings: string[]; readonly codes: string[]; readonly active: string[] };
  readonly requirements: Readonly<Record<string, string>>;
  readonly lock: Readonly<Record<string, unknown>>;
}

const reader = new Conversation("read_bundle.py");
afterAll(() => reader.end());

const read = async (changes: Readonly<Record<string, unknown>>) =>
  (await reader.ask(Object.fromEntries(await bundleOf(changes)))) as Read;

const sections = ["Start", "When it ends", "What it does", "Accepted warnings", "Files"];

test("Python reads every value of a plan as it was written, and no value becomes code", async () => {
  const reference = await read({ name: "Zqreference" });
  await fc.assert(
    fc.asyncProperty(hostilePlan, async (changes) => {
      // What JSON and YAML make of the numbers is the plan; -0 is 0 there.
      const plan = JSON.parse(JSON.stringify(changes));
      const { train, forward } = await read(changes);
      const loaded = {
        MODEL: plan.model.checkpoint,
        REVISION: plan.model.revision ?? null,
        TOKENIZER: plan.model.tokenizer ?? null,
      };
      const data = { DATA: plan.data.path, DATA_NAME: plan.data.name ?? null, DATA_SPLIT: plan.data.split ?? "train" };
      expect(train.literals).toMatchObject({ ...loaded, ...data, OPTIONS: plan.sft });
      expect(forward.literals).toMatchObject(loaded);
      expect(train.code).toBe(reference.train.code);
      expect(forward.code).toBe(reference.forward.code);
    }),
    draws(100, 300),
  );
});

test("the lock says the plan, requirements.txt the releases, README.md nothing but text", async () => {
  await fc.assert(
    fc.asyncProperty(hostilePlan, async (changes) => {
      const plan = JSON.parse(JSON.stringify(changes));
      const { lock, requirements, readme } = await read(changes);
      expect(lock).toMatchObject({ ...plan, cluster: { env: texts(plan.cluster.env) } });
      expect(requirements).toMatchObject({ torch: "==2.15.0", transformers: "==5.24.0", trl: "==1.16.0" });
      expect(readme.active).toEqual([]);
      const own = (heading: string) => sections.includes(heading) || /^\d+ machines$/.test(heading);
      expect(readme.headings.slice(1).every(own)).toBe(true);
      expect(readme.codes[0]?.trim()).toBe(shown(plan.model.checkpoint));
    }),
    draws(60, 200),
  );
});

/** Environment variables are texts. */
function texts(env: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
}

/** What a reader can see of a text: one line. */
function shown(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
}
