/** What is wrong with rows that hold several documents. `scripts/judge_packing.ts` judges each family. */
import type { IssueExamples } from "../../../diagnostics/issue-example.ts";
import { optionAt } from "../../../plan/task.ts";
import type { ConditionedIssue, ReportedIssue } from "../../../stack/issue.ts";
import { verdictOn } from "../attention/documents.ts";
import type { ModelFacts } from "../facts.ts";

export const documentsLeak: ReportedIssue = {
  id: "documents-leak",
  package: "transformers",
  effect: "wrong",
  severity: "refuse",
  symptom: "the documents of a packed row see each other, without a message",
  where:
    "the family's layers carry a state along the row, or build their masks without position ids, and rows are packed",
  workaround: "write packing: false, or packing_strategy: wrapped",
  rule: "packed-documents",
};

export const documentsMasked: ConditionedIssue<ModelFacts> = {
  id: "documents-masked",
  package: "transformers",
  effect: "wrong",
  severity: "refuse",
  symptom: "masks are built without position ids: the documents of a packed row see each other, without a message",
  where: "the model is gpt_oss, afmoe or hy_v4_vl, rows are packed, and attention is not flash attention",
  workaround: "write packing: false, or packing_strategy: wrapped",
  bundle: "its programs make the masks from the position ids",
  at({ plan, model, release, rows, attention }) {
    const verdict = verdictOn(release, model.model_type, attention.implementation);
    return rows.packed_by !== undefined && verdict === "masks" ? optionAt(plan, rows.packed_by) : undefined;
  },
};

export const ropeOfLongestDocument: ReportedIssue = {
  id: "rope-of-longest-document",
  package: "transformers",
  effect: "wrong",
  severity: "refuse",
  symptom: "rope types dynamic and longrope take the rotary positions of a whole row from its longest document",
  where: "rows are packed, and a document can be longer than the model was made for",
  workaround: "write max_length: the length that the model was made for, or leave rows to one document each",
  rule: "packed-positions",
};

const bfd = "\nsft: { max_length: 4096, packing: true, packing_strategy: bfd, per_device_train_batch_size: 1 }\n";
const wrapped =
  "\nsft: { max_length: 4096, packing: true, packing_strategy: wrapped, per_device_train_batch_size: 1 }\n";
const gptOss = {
  of: "gpt-oss-20b",
  with: { quantization_config: undefined, router_aux_loss_coef: 0.001, num_hidden_layers: 4 },
} as const;

export const examplesOfIssues: IssueExamples = {
  "documents-leak": {
    meets: { release: { documents: { sdpa: "leaks" } }, plan: bfd },
    misses: { release: { documents: { sdpa: "leaks" } }, plan: wrapped },
  },
  "documents-masked": { meets: { config: gptOss, plan: bfd }, misses: { config: gptOss, plan: wrapped } },
  "rope-of-longest-document": {
    meets: {
      config: { with: { rope_scaling: { rope_type: "dynamic", factor: 2 }, max_position_embeddings: 2048 } },
      plan: bfd,
    },
    misses: {
      config: { with: { rope_scaling: { rope_type: "dynamic", factor: 2 }, max_position_embeddings: 8192 } },
      plan: bfd,
    },
  },
};
