/** The page as a browser reads it: well-formed, alone, safe whatever a plan is called, and its numbers those of the records. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { lockOf } from "../../src/bundle/lock.ts";
import { pageOf } from "../../src/report/html/page.ts";
import { style } from "../../src/report/html/style.ts";
import { readRun, subjectOfLock } from "../../src/report/read/run.ts";
import { parseJson } from "../../src/source/json.ts";
import { json } from "../../src/text/json.ts";
import { memoryHost } from "../host.ts";
import { checkTree, config } from "../plans.ts";
import { attribute, domOf, inside, tableOf, textOf } from "./dom.ts";
import { runFiles, texts } from "./fixture.ts";

function pageOfRun(files = runFiles()): string {
  const { value, diagnostics } = readRun(memoryHost(files), "run");
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return pageOf(value);
}

function pageOfLock(text: string): string {
  const source = parseJson("plan.lock.json", text).value;
  const { value, diagnostics } = source === undefined ? { value: undefined, diagnostics: [] } : subjectOfLock(source);
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return pageOf(value);
}

function lockText(...args: Parameters<typeof checkTree>): string {
  const { value, diagnostics } = checkTree(...args);
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return json(lockOf(value));
}

const wide: Parameters<typeof checkTree> = [
  {
    cluster: { nodes: 4, gpu: "h200-sxm-141gb" },
    parallelism: { ep_size: 8, fsdp_size: 16, dp_replicate_size: 2 },
    sft: { gradient_accumulation_steps: 2 },
  },
];
const adapters = lockText({
  lora: { targets: ["attention", "experts"], r: 16 },
  parallelism: { ep_size: 2, fsdp_size: 8 },
});

const locks = {
  "one machine": lockText(),
  "replicas on four machines": lockText(...wide),
  "layers of two kinds": lockText({}, config("gpt-oss-20b")),
  "no bound on a step": lockText({ sft: { max_length: null, packing: false, packing_strategy: undefined } }),
};

const pages = {
  "the recorded run": pageOfRun(),
  ...Object.fromEntries(Object.entries(locks).map(([name, text]) => [name, pageOfLock(text)])),
};

describe.each(Object.entries(pages))("the page of %s", (_, page) => {
  const dom = domOf(page);
  const all = (name: string) => dom.elements.filter(({ tagName }) => tagName === name);

  test("has no parse error", () => {
    expect(dom.errors).toEqual([]);
  });

  test("loads nothing and runs nothing", () => {
    for (const name of ["script", "link", "img", "iframe", "object", "embed", "base", "form", "use", "image", "a"])
      expect([name, all(name).length]).toEqual([name, 0]);
    const found = dom.elements.flatMap(({ attrs }) => attrs.map(({ name }) => name));
    expect(found.filter((name) => /^(on|src|href|xlink|style$|action|srcset)/.test(name))).toEqual([]);
    expect(page).not.toMatch(/https?:|url\(|@import|javascript:/i);
    const [sheet, ...others] = all("style");
    const digest = createHash("sha256")
      .update(sheet === undefined ? "" : textOf2(sheet))
      .digest("base64");
    const policy = all("meta").find((meta) => attribute(meta, "http-equiv") === "Content-Security-Policy");
    expect(others).toEqual([]);
    expect(policy && attribute(policy, "content")).toContain(`default-src 'none'; style-src 'sha256-${digest}'`);
  });

  test("can be read without seeing it", () => {
    expect(attribute(all("html")[0] as never, "lang")).toBe("en");
    expect([all("h1").length, all("main").length, all("head").flatMap((head) => inside(head, "title")).length]).toEqual(
      [1, 1, 1],
    );
    expect(all("table").length).toBeGreaterThan(3);
    for (const table of all("table")) {
      expect(inside(table, "caption").map(textOf)).toEqual([expect.stringMatching(/\w/)]);
      const [head, ...rows] = inside(table, "tr").map((row) =>
        inside(row, "th").map((cell) => attribute(cell, "scope")),
      );
      expect(new Set(head)).toEqual(new Set(["col"]));
      for (const row of rows) expect(row).toEqual(["row"]);
      const widths = inside(table, "tr").map((row) => inside(row, "th").length + inside(row, "td").length);
      expect(new Set(widths).size).toBe(1);
    }
    for (const svg of all("svg").filter(
      ({ parentNode }) => parentNode !== null && !("tagName" in parentNode && parentNode.tagName === "svg"),
    ))
      expect(attribute(svg, "aria-hidden")).toBe("true");
    for (const picture of dom.elements.filter((each) => attribute(each, "role") === "img"))
      expect(attribute(picture, "aria-label")).toMatch(/\w/);
  });

  test("draws with numbers alone", () => {
    for (const { attrs } of all("path"))
      for (const { name, value } of attrs) if (name === "d") expect(value).toMatch(/^[MLHVhZ\d. -]*$/);
    expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });
});

/** A style's text is not trimmed before it is hashed. */
function textOf2(element: Parameters<typeof textOf>[0]): string {
  return element.childNodes.map((node) => ("value" in node ? node.value : "")).join("");
}

describe("numbers of the tables are those of the records", () => {
  test.each(Object.entries(locks))("of the lock of %s", (_, text) => {
    const lock = JSON.parse(text);
    const dom = domOf(pageOfLock(text));
    const { memory, traffic, mesh, memory_over_step: curve, time, model } = lock;
    const bytesOf = new Map(
      tableOf(dom, "Memory of the rank that holds the most").rows.map(([what, bytes]) => [what, bytes]),
    );
    expect(bytesOf.get("parameters")).toBe(memory.parameters);
    expect(bytesOf.get("gradients")).toBe(memory.gradients);
    expect(bytesOf.get("optimizer states")).toBe(memory.optimizer);
    expect(bytesOf.get(`memory of a ${lock.plan.cluster.gpu.name}`)).toBe(lock.plan.cluster.gpu.memory);
    if (memory.peak !== null) {
      expect(bytesOf.get(`allocated at the peak, in ${memory.peak.moment}`)).toBe(memory.peak.allocated);
      expect(bytesOf.get("held by torch's allocator for that")).toBe(memory.peak.reserved);
      expect(bytesOf.get("together")).toBe(memory.peak.reserved + memory.outside);
      const places = tableOf(dom, "Bytes at the fullest moment of each place");
      const lists: number[][] = Object.values(curve.fullest);
      expect(places.rows).toEqual(
        curve.places.map((place: string, index: number) => {
          const each = lists.map((list) => list[index] ?? 0);
          return [place, curve.layers[index], ...each, each.reduce((sum, bytes) => sum + bytes, 0)];
        }),
      );
    }
    const sent = tableOf(dom, "Bytes that a rank sends in a step, tokens sent to experts evenly").rows;
    expect(
      Object.fromEntries(sent.map(([axis, bytes]) => [axis, { bytes_per_step: bytes === "not known" ? null : bytes }])),
    ).toEqual(traffic);
    for (const [axis, , size, count, stride] of tableOf(dom, "Axes of the mesh").rows)
      expect({ size, count, stride }).toEqual(mesh.groups[String(axis)]);
    const shares = tableOf(dom, "Parameters, and what of them is on the rank that holds the most").rows;
    expect(shares.map(([name]) => name)).toEqual(model.tensors.map(({ name }: { name: string }) => name));
    expect(shares.reduce((sum, row) => sum + Number(row.at(-1)), 0)).toBe(memory.parameters);
    if (time.step_seconds !== null) {
      const rows = tableOf(dom, "Where the time of a step goes, foreseen").rows;
      const taken = Object.values<number>(time.classes).filter((seconds) => seconds > 0);
      expect(rows.slice(0, -1).map(([, seconds]) => seconds)).toEqual(taken.sort((a, b) => b - a));
      expect(rows.at(-1)?.[1]).toBe(time.step_seconds);
    }
  });

  test("of adapters, which lie on a rank beside what they are added to", () => {
    const { memory, adapters: trained } = JSON.parse(adapters);
    const bars = domOf(pageOfLock(adapters))
      .elements.filter((each) => attribute(each, "class") === "bars")
      .at(-1);
    const held = (bars ? inside(bars, "li") : []).map(
      (bar) =>
        [
          inside(bar, "span").map(textOf)[0],
          Number(inside(bar, "data").map((data) => attribute(data, "value"))[0]),
        ] as const,
    );
    expect(new Map(held).get("adapters")).toBe(trained.bytes_on_a_rank);
    expect(held.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(memory.parameters);
  });

  test("of a run", () => {
    const dom = domOf(pageOfRun());
    const measured = JSON.parse(texts["measured.json"]);
    const lock = JSON.parse(texts["plan.lock.json"]);
    const { log_history: history } = JSON.parse(texts["checkpoint-40/trainer_state.json"]);
    const figures = new Map(tableOf(dom, "Foreseen and measured").rows.map(([what, ...rest]) => [what, rest]));
    expect(figures.get("allocated at the peak")).toEqual([lock.memory.peak.allocated, "not measured", ""]);
    const [foreseen, mean, ratio] = figures.get("tokens a step") ?? [];
    expect([foreseen, mean]).toEqual([lock.batch.tokens_per_step, Math.round(measured.tokens / 40)]);
    expect(ratio).toBeCloseTo(measured.tokens / 40 / lock.batch.tokens_per_step, 12);
    expect(figures.get("tokens/s/GPU")?.[1]).toBe(measured.tokens_per_second_per_gpu.median);
    expect(figures.get("time of a step")?.[1]).toBeCloseTo(
      measured.tokens / 40 / (2 * measured.tokens_per_second_per_gpu.median),
      12,
    );

    const { head, rows } = tableOf(dom, "The log");
    const keys = [
      "step",
      "loss",
      "eval_loss",
      "grad_norm",
      "learning_rate",
      "tokens_per_second_per_gpu",
      "expert_load",
    ];
    expect(head).toHaveLength(keys.length);
    expect(rows).toHaveLength(40);
    for (const row of rows) {
      const entries = history.filter(({ step }: { step: number }) => step === row[0]);
      const written = Object.assign({}, ...entries);
      expect(row).toEqual(keys.map((key) => written[key] ?? ""));
    }

    const loads = tableOf(dom, "Load of the experts over the whole run").rows;
    const counts: number[][] = Object.values(measured.expert_counts);
    expect(loads).toHaveLength(6);
    for (const [layer, total, most, fullest] of loads) {
      const each = counts[Number(layer)] ?? [];
      expect(total).toBe(each.reduce((sum, count) => sum + count, 0));
      expect(each[Number(fullest)]).toBe(Math.max(...each));
      expect(most).toBeCloseTo(measured.expert_load[`model.layers.${layer}.mlp.experts`], 12);
    }
  });
});

test("the heat map has a cell for every expert of every layer, once", () => {
  const dom = domOf(pageOfRun());
  const paths = dom.elements.filter(
    (each) => attribute(each, "class")?.startsWith("load ") && attribute(each, "stroke-width") !== "12",
  );
  const cells = paths.flatMap((path) =>
    [...(attribute(path, "d") ?? "").matchAll(/M(\d+) ([\d.]+)h(\d+)/g)].flatMap(([, from, y, length]) =>
      Array.from({ length: Number(length) }, (_, index) => `${y} ${Number(from) + index}`),
    ),
  );
  expect(cells).toHaveLength(6 * 16);
  expect(new Set(cells).size).toBe(6 * 16);
});

describe("whatever a plan is called", () => {
  const hostile = `</title></style><script>alert(1)</script><img src=x onerror="alert(2)">'"&amp;\u202e\u0007`;

  /** Every text of a record, and every name that it is free to choose. */
  function poisoned(value: unknown, key = ""): unknown {
    if (typeof value === "string") return ["version", "lock", "plan"].includes(key) ? value : `${value}${hostile}`;
    if (Array.isArray(value)) return value.map((each) => poisoned(each, key));
    if (typeof value !== "object" || value === null) return value;
    const isOpen = ["placement", "traffic", "versions", "expert_counts", "expert_load", "classes"].includes(key);
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [isOpen ? `${name}${hostile}` : name, poisoned(each, name)]),
    );
  }

  test("it is text, and nothing else of the page changes", () => {
    const lock = poisoned(JSON.parse(texts["plan.lock.json"])) as { plan: { name: string } };
    lock.plan.name = hostile;
    const text = JSON.stringify(lock);
    const measured = poisoned(JSON.parse(texts["measured.json"])) as Record<string, unknown>;
    const digest = createHash("sha256").update(text).digest("hex");
    const page = pageOfRun(
      runFiles({
        "plan.lock.json": text,
        "measured.json": JSON.stringify({ ...measured, plan: hostile, lock: digest }),
      }),
    );
    const dom = domOf(page);
    expect(dom.errors).toEqual([]);
    const shape = (each: typeof dom) => each.elements.map(({ tagName }) => tagName);
    expect(shape(dom)).toEqual(shape(domOf(pageOfRun())));
    const shown = hostile.replace("\u202e", "\\u202e").replace("\u0007", "\\x07");
    expect(dom.elements.filter(({ tagName }) => tagName === "h1").map(textOf)).toEqual([shown]);
    // Nothing that turns a line around, or that a reader does not see.
    expect(page).not.toMatch(/\p{Bidi_Control}|[^\P{Cc}\n]/u);
  });
});

describe("colours can be told from what they stand on", () => {
  const blocks = [...style.matchAll(/\{((?:--[\w-]+:#[0-9a-f]+;?\n?)+)\}/g)].map(([, block = ""]) =>
    Object.fromEntries([...block.matchAll(/--([\w-]+):(#[0-9a-f]+)/g)].map(([, name, value]) => [name, value])),
  );
  const light = style.match(/color-scheme:light dark;((?:--[\w-]+:#[0-9a-f]+;?\n?)+)\}/)?.[1] ?? "";
  const palettes = [
    Object.fromEntries([...light.matchAll(/--([\w-]+):(#[0-9a-f]+)/g)].map(([, name, value]) => [name, value])),
    blocks[0] ?? {},
  ];

  test.each([
    ["light", palettes[0]],
    ["dark", palettes[1]],
  ])("where it is %s", (_, colours = {}) => {
    expect(Object.keys(colours)).toHaveLength(30);
    const contrast = (a: string, b: string) => {
      const [high = 0, low = 0] = [luminance(colours[a] ?? ""), luminance(colours[b] ?? "")].sort((x, y) => y - x);
      return (high + 0.05) / (low + 0.05);
    };
    for (const text of ["ink", "soft", "warn"])
      for (const ground of ["paper", "card"])
        expect([text, ground, contrast(text, ground) >= 4.5]).toEqual([text, ground, true]);
    for (const group of ["g0", "g1", "g2", "g3", "g4", "g5"])
      expect([group, contrast("ink", group) >= 4.5]).toEqual([group, true]);
    for (const line of ["accent", "parameters", "gradients", "unreduced", "activations", "head", "work"])
      expect([line, contrast(line, "paper") >= 3]).toEqual([line, true]);
  });

  /** Relative luminance of WCAG 2. */
  function luminance(colour: string): number {
    const short =
      colour.length === 4 ? [...colour.slice(1)].map((digit) => digit + digit) : (colour.slice(1).match(/../g) ?? []);
    const [red = 0, green = 0, blue = 0] = short.map((channel) => {
      const share = Number.parseInt(channel, 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
});

const browser =
  spawnSync("chromium-headless-shell", ["--version"]).status === 0 ? "chromium-headless-shell" : undefined;

describe.skipIf(browser === undefined)("in a browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "planc-page-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("it is drawn light and dark, as the reader prefers, and breaks no rule of its own policy", () => {
    const file = join(folder, "page.html");
    writeFileSync(file, pageOfRun());
    const shots = ["0", "1"].map((scheme) => {
      const picture = join(folder, `${scheme}.png`);
      const args = ["--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--window-size=360,1200"];
      const scheming = `--blink-settings=preferredColorScheme=${scheme}`;
      const said = execFileSync(browser ?? "", [...args, scheming, `--screenshot=${picture}`, `file://${file}`], {
        encoding: "utf8",
        stdio: ["ignore", "ignore", "pipe"],
      });
      expect(said ?? "").not.toMatch(/Refused|CONSOLE/);
      return readFileSync(picture);
    });
    expect(shots[0]?.equals(shots[1] as Buffer)).toBe(false);
    for (const shot of shots) expect(shot.length).toBeGreaterThan(20_000);
  });
});
