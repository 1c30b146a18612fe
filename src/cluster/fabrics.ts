/** What NCCL needs to use a network at all, by the fabric's own guide. How fast it runs is nobody's business here. */
export interface Fabric {
  /** Scripts of the provider, sourced first. */
  readonly scripts: readonly string[];
  readonly env: readonly (readonly [string, string])[];
  readonly source: string;
}

/** InfiniBand and RoCE need nothing: NCCL has them built in, and what is a site's own stands in `cluster.env`. */
export const fabrics = {
  efa: {
    scripts: [],
    env: [["FI_PROVIDER", "efa"]],
    source: "AWS, Get started with EFA and NCCL",
  },
  gib: {
    scripts: ["/usr/local/gib/scripts/set_nccl_env.sh"],
    env: [],
    source: "Google Cloud, NCCL/gIB plugin",
  },
  slingshot: {
    scripts: [],
    // The last two keep it from hanging: libfabric's way of watching memory does not know what CUDA frees.
    env: [
      ["NCCL_NET", "AWS Libfabric"],
      ["FI_CXI_DISABLE_HOST_REGISTER", "1"],
      ["FI_MR_CACHE_MONITOR", "userfaultfd"],
    ],
    source: "Isambard-AI user guide, NCCL",
  },
} as const satisfies Readonly<Record<string, Fabric>>;
