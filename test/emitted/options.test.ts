import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { Conversation } from "../python/conversation.ts";
import { draws } from "../sample.ts";
import { hostilePlan } from "./hostile-plans.ts";

const templates = fileURLToPath(new URL("../../templates", import.meta.url));
const trainer = new Conversation("read_options.py", { env: { ...process.env, PLANC_TEMPLATES: templates } });
afterAll(() => trainer.end());

test("the trainer's configuration gets every text as it was written", async () => {
  const options = hostilePlan.map(({ sft }) => sft as Readonly<Record<string, unknown>>);
  await fc.assert(
    fc.asyncProperty(options, async (written) => {
      // The trainer itself expands a `~` at the beginning of this one.
      const { output_dir, ...plain } = JSON.parse(JSON.stringify(written));
      const expected = { ...plain, output_dir: `${process.cwd()}/output` };
      expect(await trainer.ask({ ...plain, output_dir: "output" })).toEqual(expected);
    }),
    draws(60, 150),
  );
});
