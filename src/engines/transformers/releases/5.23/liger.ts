/** The release of liger-kernel that bundles pin: it needs torch and triton alone. */
export const ligerRelease = "0.8.5";

/**
 * The families for which that release replaces norms and rotary positions with kernels that compute the same, on the
 * tested release of transformers. The others run without.
 */
export const ligerFamilies: ReadonlySet<string> = new Set([
  "deepseek_v2",
  "deepseek_v3",
  "gpt_oss",
  "mixtral",
  "qwen3_moe",
]);
