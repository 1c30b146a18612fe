import { report } from "../../diagnostics/report.ts";
import type { Rule } from "../../diagnostics/rule.ts";
import type { Path } from "../../source/path.ts";
import { showPath } from "../../source/path.ts";
import type { PlanFacts } from "../../stack/facts.ts";

/** What a shell would replace: `~` and `~/…`, `$NAME`, `${NAME…}`. */
const expandable = /^~(?=\/|$)|\$[A-Za-z_]\w*|\$\{[A-Za-z_]\w*[^{}]*\}/;

/** Texts that a reader may expect to be expanded as a shell does. They reach the job as they are written. */
export const expansion: Rule<PlanFacts> = {
  name: "expansion",
  *check({ plan }) {
    const { model, cluster, data } = plan;
    const texts: readonly (readonly [Path, string | undefined])[] = [
      [["model", "checkpoint"], model.checkpoint],
      [["cluster", "activate"], cluster.activate],
      ...Object.entries(cluster.env).map(([name, value]) => [["cluster", "env", name], value] as const),
      [["data", "path"], data.path],
    ];
    for (const [path, text] of texts) {
      const what = expandable.exec(text ?? "")?.[0];
      if (what === undefined) continue;
      yield report("PLN5028", plan.written.at(path), { path: showPath(path), what });
    }
  },
};
