/** What a pod of the job is made of, on Kubernetes and with Kubeflow Trainer alike. Options go by Kubernetes' own names. */
export interface PodSection {
  /**
   * The container image: with the packages of `requirements.txt`, and with the bundle unless a volume has that. The bundle's
   * `Containerfile` makes one.
   * @pattern ^[A-Za-z0-9][A-Za-z0-9._/:@-]*$
   * @maxLength 1024
   * @example "registry.example.org/train/qwen3:1"
   */
  readonly image: string;
  /**
   * The bundle's folder in the container, in the image or in a volume; its `Containerfile` puts it into `/job`.
   * @pattern ^(/[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*)+$
   * @maxLength 1024
   * @default "/job"
   * @example "/data/bundles/qwen3-ep8"
   */
  readonly bundle?: string;
  /**
   * The job's own name in the cluster, `metadata.name`. Omitted: the plan's name.
   * @pattern ^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$
   * @example "qwen3-ep8"
   */
  readonly name?: string;
  /**
   * The namespace. Omitted: that of kubectl's context.
   * @pattern ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$
   * @example "training"
   */
  readonly namespace?: string;
  /**
   * The local queue of Kueue that admits the job, the label `kueue.x-k8s.io/queue-name`. Omitted: no queue.
   * @pattern ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$
   * @example "gpu-queue"
   */
  readonly queueName?: string;
  /**
   * The resource that the cluster counts its GPUs by. A pod gets as many as the cluster has `gpus_per_node`.
   * @pattern ^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$
   * @default "nvidia.com/gpu"
   * @example "nvidia.com/gpu"
   */
  readonly gpuResource?: string;
  /**
   * What else a pod gets, by the resource's name; requests and limits alike. Omitted: nothing else.
   * @integer
   * @minimum 0
   * @keys ^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$
   * @pattern ^[0-9]{1,15}(\.[0-9]{1,9})?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$
   * @example { "cpu": 96, "memory": "900Gi", "rdma/ib": 1 }
   */
  readonly resources?: Readonly<Record<string, string | number>>;
  /**
   * Claims of persistent volumes, and where they stand in the container. Omitted: none, and what a pod writes goes with it.
   * @example [{ "claimName": "checkpoints", "mountPath": "/data" }]
   */
  readonly volumes?: readonly PodVolumeSection[];
  /**
   * Labels that a node must have. Omitted: none.
   * @keys ^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$
   * @pattern ^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$
   * @example { "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3" }
   */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /**
   * Taints of nodes that the pods put up with. Omitted: none.
   * @example [{ "key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule" }]
   */
  readonly tolerations?: readonly PodTolerationSection[];
  /**
   * Annotations of the pods, such as the networks that they join. Omitted: none.
   * @keys ^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$
   * @maxLength 65536
   * @example { "k8s.v1.cni.cncf.io/networks": "rdma-net" }
   */
  readonly annotations?: Readonly<Record<string, string>>;
  /**
   * The service account of the pods. Omitted: the namespace's default.
   * @pattern ^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$
   * @example "trainer"
   */
  readonly serviceAccountName?: string;
  /**
   * Secrets with which the image is pulled. Omitted: those of the service account.
   * @pattern ^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$
   * @example ["registry"]
   */
  readonly imagePullSecrets?: readonly string[];
  /**
   * Secrets whose keys become environment variables, such as `HF_TOKEN`. Omitted: none.
   * @pattern ^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$
   * @example ["huggingface"]
   */
  readonly envFrom?: readonly string[];
  /**
   * The priority class of the pods. Omitted: the cluster's default.
   * @pattern ^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$
   * @example "high"
   */
  readonly priorityClassName?: string;
  /**
   * Seconds from the signal to save until a pod is killed. Omitted: a step and a save, as planc counts them; at least 300.
   * @integer
   * @minimum 1
   * @maximum 604800
   * @example 900
   */
  readonly terminationGracePeriodSeconds?: number;
}

/** A claim of a persistent volume in the container. */
export interface PodVolumeSection {
  /**
   * The PersistentVolumeClaim.
   * @pattern ^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$
   * @example "checkpoints"
   */
  readonly claimName: string;
  /**
   * Where it stands in the container.
   * @pattern ^(/[^/:\x00-\x1f\x7f]+)+$
   * @maxLength 1024
   * @example "/data"
   */
  readonly mountPath: string;
  /**
   * A folder of the volume to take in place of all of it. Omitted: all of it.
   * @pattern ^[^/\x00-\x1f\x7f][^\x00-\x1f\x7f]*$
   * @maxLength 1024
   * @example "models"
   */
  readonly subPath?: string;
  /**
   * Whether nothing may be written to it.
   * @default false
   * @example true
   */
  readonly readOnly?: boolean;
}

/** A taint that is put up with. */
export interface PodTolerationSection {
  /**
   * The taint's key. Omitted: every key, with the operator `Exists`.
   * @pattern ^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$
   * @example "nvidia.com/gpu"
   */
  readonly key?: string;
  /**
   * Whether the taint has to have the value, or only to be there. Omitted: as Kubernetes takes it, `Equal`.
   * @example "Exists"
   */
  readonly operator?: "Equal" | "Exists";
  /**
   * The taint's value. Omitted: none.
   * @pattern ^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$
   * @example "present"
   */
  readonly value?: string;
  /**
   * What the taint does. Omitted: whatever it does.
   * @example "NoSchedule"
   */
  readonly effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}
