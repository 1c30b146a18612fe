import { report } from "../../../diagnostics/report.ts";
import type { Rule } from "../../../diagnostics/rule.ts";
import { optionAt } from "../../../plan/task.ts";
import type { PlanFacts } from "../facts.ts";

/**
 * A chat template comes from a file. From anything else the trainer takes a tokenizer, adds its tokens to the model's and
 * resizes the embedding, which is sharded by then.
 */
export const trainerChatTemplate: Rule<PlanFacts> = {
  name: "trainer-chat-template",
  *check({ plan }) {
    const path = plan.options["chat_template_path"];
    if (typeof path !== "string" || /\.(jinja|j2)$/.test(path)) return;
    yield report("PLN4062", optionAt(plan, "chat_template_path"), { path });
  },
};
