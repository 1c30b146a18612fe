import { describe, expect, test } from "vitest";
import type { CaseFile } from "../../src/diagnostics/case.ts";
import { compose } from "./compose.ts";
import { filesOf, planFile } from "./files.ts";
import { afterFix, judge } from "./judge.ts";

test("a fix that leaves its diagnostic where it was is refused", async () => {
  const files = filesOf(compose("parallelism: { ep_size: 6, fsdp_size: 8 }\n").text, {});
  const [diagnostic] = (await judge(files)).diagnostics;
  if (diagnostic === undefined) throw new Error("nothing is said");
  const fixTo = (newText: string) => ({ title: newText, edits: [{ ...diagnostic.location, newText }] });
  await expect(afterFix(files, diagnostic, fixTo("7"))).rejects.toThrow('PLN3004 stays where it was after the fix "7"');
  expect(await afterFix(files, diagnostic, fixTo("4"))).toEqual([]);
});

describe("files", () => {
  const whole: CaseFile = { toy: ["per_expert", "per_expert"] };
  const weights = "model/model.safetensors";
  const list: readonly (readonly [string, Readonly<Record<string, CaseFile>>, readonly string[]])[] = [
    ["a toy checkpoint", { [weights]: whole }, []],
    ["without its head", { [weights]: { ...whole, with: { "lm_head.weight": undefined } } }, ["PLN2120"]],
    ["of another size", { [weights]: { ...whole, with: { "lm_head.weight": ["BF16", [11, 24]] } } }, ["PLN2118"]],
    [
      "of one tensor",
      { [weights]: { tensors: { "lm_head.weight": ["BF16", [10, 24]] } } },
      ["PLN2120", "PLN2120", "PLN2120", "PLN2112"],
    ],
    ["a header", { [weights]: { header: "{}", data: 1 } }, ["PLN2104"]],
    ["bytes that are nothing", { [weights]: { base64: "AAAA" } }, ["PLN2103"]],
    [
      "what may not be read",
      { [weights]: whole, "model/config.json": { unreadable: "permission denied" } },
      ["PLN1001"],
    ],
    ["a config in the place of the case's", { [weights]: whole, "model/config.json": "[]" }, ["PLN2001"]],
  ];

  test.each(list)("%s", async (_, files, codes) => {
    const { diagnostics } = await judge(filesOf(compose("", { config: "toy" }).text, { config: "toy", files }));
    expect(
      diagnostics.map(({ code }) => code),
      diagnostics.map(({ message }) => message).join("; "),
    ).toEqual(codes);
  });

  const unread: readonly (readonly [CaseFile, string])[] = [
    [{ size: 2 ** 21 }, "shared.yaml has 2.0 MiB; at most 1.0 MiB are read"],
    [{ special: true }, "shared.yaml is not an ordinary file"],
    [{ unreadable: "permission denied" }, "cannot read shared.yaml: permission denied"],
  ];

  test.each(unread)("%o", async (file, message) => {
    const plan = compose("cluster: shared.yaml\n").text;
    const { diagnostics } = await judge(filesOf(plan, { files: { "shared.yaml": file } }));
    expect(diagnostics.map((each) => each.message)).toEqual([message]);
  });

  test("the config lies where the plan says", () => {
    expect(Object.keys(filesOf(compose("model: { config: models/mine }\n").text, {}))).toEqual([
      "models/mine/config.json",
      planFile,
    ]);
    expect(Object.keys(filesOf("model: [", {}))).toEqual(["config.json", planFile]);
  });
});
