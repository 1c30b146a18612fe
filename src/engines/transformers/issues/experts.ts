/** What is wrong with the rules of an expert plan, and with how experts are multiplied. */
import type { IssueExamples } from "../../../diagnostics/issue-example.ts";
import type { ReportedIssue } from "../../../stack/issue.ts";

export const expertsLeftWhole: ReportedIssue = {
  id: "experts-left-whole",
  package: "transformers",
  effect: "wrong",
  severity: "refuse",
  symptom:
    "an expert plan that leaves parameters of the experts whole is taken: tokens meet other experts than they were sent to, mostly without a message",
  where: "base_model_ep_plan gives a parameter of the experts a style that does not cut it over the experts",
  workaround: "write grouped_gemm for every parameter that the experts own, or leave the rule out",
  rule: "ep-expert-parameters",
};

export const dispatchReplaced: ReportedIssue = {
  id: "dispatch-replaced",
  package: "transformers",
  effect: "cost",
  severity: "refuse",
  symptom:
    "an expert plan without ep_dispatch_experts shards nothing, and every rank runs all the experts, without a message",
  where: "base_model_ep_plan gives the experts' module another style",
  workaround: "write ep_dispatch_experts, or leave the rule out",
  rule: "ep-experts-module",
};

export const groupedProductsAligned: ReportedIssue = {
  id: "grouped-products-aligned",
  package: "torch",
  effect: "failure",
  severity: "refuse",
  symptom:
    'grouped matrix products want rows of whole 16-byte units: the first forward ends in "strides should be multiple of 16 bytes"',
  where:
    "hidden_size, or what a rank holds of moe_intermediate_size, times the bytes of an element is no multiple of 16",
  workaround: "take a model whose sizes are multiples of 8, or a smaller tp_size",
  rule: "experts-aligned",
};

export const groupedProductsNotCast: ReportedIssue = {
  id: "grouped-products-not-cast",
  package: "torch",
  effect: "cost",
  severity: "warn",
  symptom: "autocast does not reach grouped matrix products: experts in float32 are computed in float32",
  where: "parameters are float32, compute is bfloat16, and no FSDP axis is larger than 1",
  workaround: "write parameters: bfloat16, or shard over fsdp_size",
  rule: "precision-experts",
};

const few = { with: { num_hidden_layers: 4 } } as const;

export const examplesOfIssues: IssueExamples = {
  "experts-left-whole": {
    meets: {
      plan: "\nparallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.experts.down_proj: replicate } }\n",
    },
    misses: {
      plan: "\nparallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.experts.down_proj: grouped_gemm } }\n",
    },
  },
  "dispatch-replaced": {
    meets: {
      plan: "\nparallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.experts: replicate } }\n",
    },
    misses: {
      plan: "\nparallelism: { ep_size: 4, fsdp_size: 8, base_model_ep_plan: { layers.*.mlp.experts: ep_dispatch_experts } }\n",
    },
  },
  "grouped-products-aligned": {
    meets: { config: { with: { moe_intermediate_size: 772 } }, plan: "\nname: plan\n" },
    misses: { config: { with: { moe_intermediate_size: 776 } }, plan: "\nname: plan\n" },
  },
  "grouped-products-not-cast": {
    meets: {
      config: few,
      plan: "\ncluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 4 }\nparallelism: { ep_size: 4, fsdp_size: 1, tp_size: 4 }\n",
    },
    misses: {
      config: few,
      plan: "\ncluster: { gpu: h100-sxm-80gb, nodes: 1, gpus_per_node: 4 }\nparallelism: { ep_size: 4, fsdp_size: 4 }\n",
    },
  },
};
