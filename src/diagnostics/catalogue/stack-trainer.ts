import { entries, text } from "../entry.ts";

export const trainer = entries({
  PLN4020: {
    severity: "error",
    title: "unknown trainer option",
    messages: {
      default: text`SFTConfig of TRL ${"release"} has no option ${"name"}`,
      key: text`${"option"} of TRL ${"release"} has no key ${"name"}`,
      elsewhere: text`${"name"} is no option of SFTConfig but ${"what"}`,
    },
    docs: `Under \`sft\` stand the options of the trainer's configuration class, by its own names. Launch lines and accelerate's
configuration files have other names, some of which are accepted there and ignored.

Wrong:

\`\`\`yaml
sft: { max_length: 4096, packing: true, packing_strategie: wrapped, parallelism_config_ep_size: 8 }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8 }
sft: { max_length: 4096, packing: true, packing_strategy: wrapped }
\`\`\``,
  },
  PLN4021: {
    severity: "error",
    title: "trainer option that planc sets",
    messages: { default: text`${"name"} is set by planc: ${"why"}` },
    docs: `Some options follow from the rest of the plan, or would undo it: a second sharding by accelerate, another number
format. They are written where they belong.

Wrong:

\`\`\`yaml
sft: { bf16: true, fsdp: full_shard }
\`\`\`

Right:

\`\`\`yaml
parallelism: { ep_size: 8, fsdp_size: 8 }
precision: { parameters: float32, compute: bfloat16, reduce: float32 }
\`\`\``,
  },
  PLN4022: {
    severity: "error",
    title: "trainer option of the wrong type",
    messages: { default: text`${"name"} is ${"written"}; ${"expected"} is expected` },
    docs: `The trainer's class does not check types: a number written as text travels far before it fails, or compares wrongly.

Wrong:

\`\`\`yaml
sft: { learning_rate: "2e-5", packing: "yes" }
\`\`\`

Right:

\`\`\`yaml
sft: { learning_rate: 2.0e-5, packing: true }
\`\`\``,
  },
  PLN4023: {
    severity: "error",
    title: "unknown value of a trainer option",
    messages: { default: text`${"name"} is ${"written"}; accepted are ${"values"}` },
    docs: `The option takes one of the words that the release lists.

Wrong:

\`\`\`yaml
sft: { packing: true, packing_strategy: wraped }
\`\`\`

Right:

\`\`\`yaml
sft: { packing: true, packing_strategy: wrapped }
\`\`\``,
  },
  PLN4024: {
    severity: "error",
    title: "trainer option out of range",
    messages: { default: text`${"name"} is ${"written"}; ${"expected"} is expected` },
    docs: `Sizes, rates and counts have limits that the trainer meets late: a batch of 0 in the data loader, 0 accumulation
steps in a division, a \`max_length\` of 0 in a run that trains nothing.

Wrong:

\`\`\`yaml
sft: { per_device_train_batch_size: 0, learning_rate: -2.0e-5 }
\`\`\`

Right:

\`\`\`yaml
sft: { per_device_train_batch_size: 1, learning_rate: 2.0e-5 }
\`\`\``,
  },
  PLN4025: {
    severity: "error",
    title: "trainer options that do not go together",
    messages: { default: text`${"name"} ${"written"} ${"why"}` },
    docs: `The trainer refuses some combinations of options when it starts, after the model has been loaded.

Wrong:

\`\`\`yaml
sft: { dataloader_prefetch_factor: 2, dataloader_num_workers: 0 }
\`\`\`

Right:

\`\`\`yaml
sft: { dataloader_prefetch_factor: 2, dataloader_num_workers: 4 }
\`\`\``,
  },
  PLN4027: {
    severity: "error",
    title: "optimizer that does not run here",
    messages: {
      default: text`optim ${"name"} needs ${"package"}, which the bundle does not install`,
      sharded: text`optim ${"name"} does not work on sharded parameters: ${"why"}`,
      device: text`optim ${"name"} is for ${"device"}`,
    },
    help: "use adamw_torch_fused, adamw_torch, sgd, adagrad or rmsprop",
    docs: `Parameters of a sharded model are distributed tensors. The optimizers of torch itself work on them; transformers'
Adafactor stops at the first step (it adds plain and distributed tensors), and optimizers of other packages are not in
the bundle's requirements and not tested on distributed tensors.

Wrong:

\`\`\`yaml
sft: { optim: adafactor }
\`\`\`

Right:

\`\`\`yaml
sft: { optim: adamw_torch_fused }
\`\`\``,
  },
  PLN4028: {
    severity: "error",
    title: "trainer option that does not work here",
    messages: { default: text`${"name"} ${"written"} does not work here: ${"why"}` },
    docs: `Options that the trainer accepts and that fail, or do something else, on a model that is sharded when it is loaded.

Wrong:

\`\`\`yaml
sft: { auto_find_batch_size: true, debug: underflow_overflow }
\`\`\`

Right:

\`\`\`yaml
sft: { per_device_train_batch_size: 1 }
\`\`\``,
  },
  PLN4030: {
    severity: "error",
    title: "the best checkpoint at the end",
    messages: {
      default: text`load_best_model_at_end does not work on a sharded model: the trainer cannot load a checkpoint back into it`,
    },
    help: "drop load_best_model_at_end",
    docs: `The trainer loads a checkpoint back by means of its own, which fail on a model that is sharded when it is loaded. Save
checkpoints, and take the one that evaluation found best when the run has ended.

Wrong:

\`\`\`yaml
sft: { save_strategy: steps, save_steps: 50, load_best_model_at_end: true }
\`\`\`

Right:

\`\`\`yaml
sft: { save_strategy: steps, save_steps: 50, save_total_limit: 3 }
\`\`\``,
  },
  PLN4031: {
    severity: "error",
    title: "resuming by an option of the plan",
    messages: {
      default: text`${"name"} does not resume a run: the trainer never reads this option`,
    },
    help: "leave it out, and start the job with --resume",
    docs: `A bundle's checkpoints are resumed by its own program: \`./launch.sh --resume\` goes on from the newest complete
checkpoint in the output folder, \`--resume PATH\` from that one. The plan says what a run is, and that is the same before and
after.

Wrong:

\`\`\`yaml
sft: { save_steps: 50, resume_from_checkpoint: output/qwen3-ep8/checkpoint-100 }
\`\`\`

Right:

\`\`\`yaml
sft: { save_steps: 50 }
\`\`\``,
  },
  PLN4033: {
    severity: "warning",
    title: "deprecated trainer option",
    messages: {
      default: text`${"name"} is deprecated in TRL ${"release"}`,
      value: text`${"name"} ${"written"} is deprecated in TRL ${"release"}`,
    },
    docs: `It still works in this release and will not in a later one.

Wrong:

\`\`\`yaml
sft: { loss_type: chunked_nll }
\`\`\`

Right:

\`\`\`yaml
sft: { loss_type: nll }
\`\`\``,
  },
  PLN4034: {
    severity: "warning",
    title: "trainer option without effect",
    messages: { default: text`${"name"} has no effect: ${"why"}` },
    help: "leave it out",
    docs: `The option is read only together with another one, so what it says does not happen.

Wrong (\`packing\` is off):

\`\`\`yaml
sft: { max_length: 4096, packing_strategy: wrapped }
\`\`\`

Right:

\`\`\`yaml
sft: { max_length: 4096, packing: true, packing_strategy: wrapped }
\`\`\``,
  },
  PLN4035: {
    severity: "error",
    title: "rows that a resumed run would see twice",
    messages: {
      default: text`with ignore_data_skip a resumed run begins its epoch's rows again: it trains on some of them twice and on others not at all`,
    },
    help: "drop ignore_data_skip",
    docs: `A run that \`./launch.sh --resume\` goes on with takes the rows that come after those of its checkpoint, so it ends with the
model that it would have without the interruption. With this option it takes the first rows of the epoch again, and says nothing of it.
The losses after step 3 of a small run, saved there and resumed:

| step | not interrupted | resumed | resumed with ignore_data_skip |
|---|---|---|---|
| 4 | 4.649 | 4.649 | 4.204 |
| 5 | 4.647 | 4.647 | 4.335 |
| 6 | 4.670 | 4.670 | 4.385 |

Wrong:

\`\`\`yaml
sft: { save_steps: 50, ignore_data_skip: true }
\`\`\`

Right:

\`\`\`yaml
sft: { save_steps: 50 }
\`\`\``,
  },
  PLN4060: {
    severity: "warning",
    title: "optimizer argument that nothing reads",
    messages: {
      default: text`${"name"} in optim_args has no effect: for optimizer ${"optimizer"} the trainer reads ${"takes"} there`,
    },
    docs: `The trainer reads a few names of \`optim_args\` for each optimizer and passes the others by without a word. AdamW
reads none: its betas and epsilon are options of their own. A weight decay is \`sft.weight_decay\` for every optimizer.

| optim | names |
|---|---|
| adamw_torch_fused, adamw_torch | none |
| sgd | momentum, dampening, nesterov |
| adagrad | lr_decay, eps |
| rmsprop | momentum, alpha, eps, centered |

Wrong:

\`\`\`yaml
sft: { optim: adamw_torch, optim_args: "betas=1" }
\`\`\`

Right:

\`\`\`yaml
sft: { optim: adamw_torch, adam_beta1: 0.9, adam_beta2: 0.95 }
\`\`\``,
  },
  PLN4061: {
    severity: "error",
    title: "optimizer argument of the wrong kind",
    messages: { default: text`${"name"} in optim_args takes ${"expected"}, not ${"value"}` },
    help: "write a value that the optimizer takes",
    docs: `The values of \`optim_args\` are text that is read when the optimizer is made, after the model is loaded. What is no
number stops the job there, and a word that is none of true, yes and 1 counts as false.

Wrong:

\`\`\`yaml
sft: { optim: sgd, optim_args: "momentum=high" }
\`\`\`

Right:

\`\`\`yaml
sft: { optim: sgd, optim_args: "momentum=0.9" }
\`\`\``,
  },
  PLN4062: {
    severity: "error",
    title: "chat template of another tokenizer",
    messages: {
      default: text`chat_template_path ${"path"} is no file that ends in .jinja or .j2: the trainer would take the tokenizer there, add its tokens and resize the embedding, which does not work on a sharded model`,
    },
    help: "save its template as a file, and write the file's path as the job sees it",
    docs: `TRL reads a template from a file whose name ends in .jinja or .j2. Anything else it takes for a tokenizer: it copies
the template, adds the tokens that the model's own tokenizer lacks, and resizes the embedding to a multiple of 64 rows, even
where no token was added. The model is sharded by then, and the resize stops or leaves ranks with different shapes.

A tokenizer's template can be written to a file:

\`\`\`console
$ python3 -c "from transformers import AutoTokenizer as A; print(A.from_pretrained('Qwen/Qwen3-4B').chat_template, end='')" > chat.jinja
\`\`\`

A template that uses tokens which the model does not know teaches them as several tokens each. Use one that is made of the
model's own.

Wrong:

\`\`\`yaml
sft: { chat_template_path: Qwen/Qwen3-4B }
\`\`\`

Right:

\`\`\`yaml
sft: { chat_template_path: /data/chat.jinja }
\`\`\``,
  },
  PLN4063: {
    severity: "warning",
    title: "auxiliary loss that dominates",
    messages: {
      default: text`the router's auxiliary loss adds about ${"added"} to the loss: coefficient ${"coefficient"} of ${"from"} x ${"experts"} experts a token; from ${"threshold"} on it steers training as much as the data does`,
    },
    help: "write sft.router_aux_loss_coef: 0.001, or 0.0 to train without it",
    docs: `The trainer adds an auxiliary loss, which keeps the experts evenly used, to the loss of every micro-batch. Where the
plan has no \`router_aux_loss_coef\`, the coefficient is the config.json's, or else the default of transformers' config class.
For evenly used experts the auxiliary loss itself is the number of experts a token, for any number of layers, and more where
they are used unevenly. Losses of fine-tuning are 1 to 2, so planc warns where coefficient x experts a token is 0.5 or more.

The config.json of gpt_oss says 0.9, with 4 experts a token: about 3.6 are added, and a first loss of 5.08 is reported as 9.

Wrong, with that config.json:

\`\`\`yaml
sft: { max_length: 4096 }
\`\`\`

Right:

\`\`\`yaml
sft: { max_length: 4096, router_aux_loss_coef: 0.001 }
\`\`\``,
  },
});
