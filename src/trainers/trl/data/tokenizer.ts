import type { Host } from "../../../host.ts";
import type { Plan } from "../../../plan/plan.ts";
import { besides } from "../../../source/path.ts";

/** More than any tokenizer_config.json has. */
const largest = 2 ** 23;

/** The folder of the plan's tokenizer where it lies on this disk and has one. */
export function tokenizerFolder(host: Host, plan: Plan): string | undefined {
  const key = plan.model.tokenizer === undefined ? "model.checkpoint" : "model.tokenizer";
  const written = plan.model.tokenizer ?? plan.model.checkpoint;
  return [besides(plan.written.fileOf(key), written), written].find(
    (folder) => host.stat(`${folder}/tokenizer_config.json`).ok,
  );
}

/** Whether none of the places is filled in which a tokenizer keeps chat templates. */
export function lacksTemplate(host: Host, folder: string): boolean {
  if (host.stat(`${folder}/chat_template.jinja`).ok || host.stat(`${folder}/chat_template.json`).ok) return false;
  if (host.list(`${folder}/additional_chat_templates`).length > 0) return false;
  const read = host.readAt(`${folder}/tokenizer_config.json`, 0, largest);
  if (!read.ok) return false;
  try {
    const config: unknown = JSON.parse(new TextDecoder().decode(read.bytes));
    return typeof config === "object" && config !== null && !("chat_template" in config && config.chat_template);
  } catch {
    return false;
  }
}
