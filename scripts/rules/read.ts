/** What a file of `src/` says of codes and rules, read from its text: nothing of it is run. */
export interface RuleSource {
  readonly file: string;
  /** The codes that it defines, ascending. */
  readonly codes: readonly string[];
  /** The rule that it exports. */
  readonly rule?: {
    readonly constant: string;
    readonly name: string;
    readonly stage: Stage;
    readonly after: readonly string[];
  };
}

export const stages = ["plan", "config", "model", "mesh"] as const;
export type Stage = (typeof stages)[number];

/** The facts that a rule looks at say when it runs. */
const stageOf: Readonly<Record<string, Stage>> = {
  PlanFacts: "plan",
  ConfigFacts: "config",
  BoundFacts: "model",
  ModelFacts: "model",
  MeshFacts: "mesh",
};

/**
 * Reads the files that define a code or hold a rule. `texts`: path → text.
 *
 * @throws Error for a rule file that does not hold one rule of its own name, and for a code that is defined twice.
 */
export function readRules(texts: ReadonlyMap<string, string>): RuleSource[] {
  const definedIn = new Map<string, string>();
  const found: RuleSource[] = [];
  for (const [file, text] of texts) {
    const codes = [...text.matchAll(/^export const (PLN\d{4}) = diagnostic\("(PLN\d{4})"/gm)].map(
      ([, constant, code]) => {
        if (constant !== code) throw new Error(`${file}: ${constant} defines ${code}`);
        const other = definedIn.get(code ?? "");
        if (other !== undefined) throw new Error(`${file}: ${code} is defined in ${other} too`);
        definedIn.set(code ?? "", file);
        return code ?? "";
      },
    );
    const rules = [
      ...text.matchAll(
        /^export const (\w+): Rule<(\w+)> = \{\n {2}name: "([\w-]+)",\n(?: {2}after: \[([^\]]*)\],\n)?/gm,
      ),
    ];
    // What the expression above does not see would be a rule that never runs.
    if (rules.length < [...text.matchAll(/: Rule</g)].length)
      throw new Error(`${file}: a rule begins \`export const x: Rule<…> = {\`, its name on the next line`);
    if (codes.length === 0 && rules.length === 0) continue;
    const [first, ...others] = rules.map(([, constant = "", facts = "", name = "", after = ""]) => {
      const stage = stageOf[facts];
      if (stage === undefined)
        throw new Error(`${file}: no stage has ${facts}; known: ${Object.keys(stageOf).join(", ")}`);
      if (!file.endsWith(`/rules/${name}.ts`)) throw new Error(`${file}: the rule is called ${name}`);
      return { constant, name, stage, after: [...after.matchAll(/"([\w-]+)"/g)].map(([, each = ""]) => each) };
    });
    if (others.length > 0) throw new Error(`${file}: one file, one rule`);
    found.push({ file, codes: codes.sort(), ...(first === undefined ? {} : { rule: first }) });
  }
  return found;
}

/** A known issue that a file declares. */
export interface IssueSource {
  readonly file: string;
  readonly constant: string;
  readonly list: "plan" | "model" | "reported";
}

const listOf: Readonly<Record<string, IssueSource["list"]>> = {
  "ConditionedIssue<PlanFacts>": "plan",
  "ConditionedIssue<ModelFacts>": "model",
  ReportedIssue: "reported",
};

/**
 * Reads the known issues of the folders `issues`, in the order of the files. `texts`: path → text.
 *
 * @throws Error for an id that is given twice, and for an issue that is written another way.
 */
export function readIssues(texts: ReadonlyMap<string, string>): IssueSource[] {
  const declaredIn = new Map<string, string>();
  const found: IssueSource[] = [];
  for (const [file, text] of texts) {
    if (!file.includes("/issues/")) continue;
    const issues = [...text.matchAll(/^export const (\w+): (\w*Issue(?:<\w+>)?) = \{\n {2}id: "([a-z0-9-]+)",$/gm)];
    // What the expression above does not see would be an issue that nobody meets.
    if (issues.length < [...text.matchAll(/^ {2}symptom:/gm)].length)
      throw new Error(`${file}: an issue begins \`export const x: ReportedIssue = {\`, its id on the next line`);
    for (const [, constant = "", type = "", id = ""] of issues) {
      const list = listOf[type];
      if (list === undefined) throw new Error(`${file}: no list has ${type}; known: ${Object.keys(listOf).join(", ")}`);
      const other = declaredIn.get(id);
      if (other !== undefined) throw new Error(`${file}: ${id} is in ${other} too`);
      declaredIn.set(id, file);
      found.push({ file, constant, list });
    }
  }
  return found;
}
