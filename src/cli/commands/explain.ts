import { codes, pageOf } from "../../diagnostics/page.ts";
import { suggest } from "../../text/suggest.ts";
import type { Command } from "../command.ts";
import { paintPage } from "../page.ts";
import { UsageError } from "../usage-error.ts";

export const explain: Command = {
  options: { format: { type: "string", values: ["text", "json"] } },
  help: `Usage: planc explain PLAN
       planc explain CODE
`,
  run(args, io) {
    const [subject = ""] = args.positionals;
    const page = pageOf(subject.toUpperCase());
    if (page === undefined) throw new UsageError(`no diagnostic has the code ${subject}`, suggest(subject, codes));
    io.stdout.write(paintPage(page, io.stdout.look));
    return 0;
  },
};
