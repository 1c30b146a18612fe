"""
What TRL's loss head allocates: its own code, after a backbone that gives what it is given.

    python head_memory.py CASES_JSON

A case is `{head, rows, length, hidden, vocab, dtype, valid, bias, softcap, kernels, chunks}`: `valid` labels of a row are scored;
`head` is "fused" or, with smoothed labels, "whole"; `chunks` are the tokens and columns of a tile; kernels "gpu" takes the path of a GPU, its kernels interpreted (under
TRITON_INTERPRET=1). Prints a JSON list, for each case in bytes
what forward keeps and the most that it and backward have, without the gradients of parameters.
"""

import gc
import json
import sys
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import torch
import trl.kernels.chunked_logprob as chunked
import trl.trainer.utils as utils
from torch.utils._python_dispatch import _disable_current_modes
from transformers.trainer_pt_utils import LabelSmoother
from trl import SFTTrainer

sys.path.insert(0, str(Path(__file__).parent))

from live_storages import Live, played


class Begin(torch.autograd.Function):
    """Where the hidden states come from; its backward is where their gradient ends."""

    @staticmethod
    def forward(ctx, live, anchor, hidden):
        ctx.live = live
        return hidden.view_as(hidden)

    @staticmethod
    def backward(ctx, gradient):
        ctx.live.mark("end of backward")
        return None, None, None


class Model(torch.nn.Module):
    """A causal language model of which only the head is real."""

    def __init__(self, case: dict) -> None:
        super().__init__()
        softcap = 30.0 if case["softcap"] else None
        text = SimpleNamespace(model_type="toy", final_logit_softcapping=softcap)
        self.config = SimpleNamespace(get_text_config=lambda: text)
        self.lm_head = torch.nn.Linear(case["hidden"], case["vocab"], bias=case["bias"])
        self.given = None

    def forward(self, **inputs):
        return {"logits": self.lm_head(self.given.pop())}

    def base_model(self, **inputs):
        return SimpleNamespace(last_hidden_state=self.given.pop())

    def get_output_embeddings(self):
        return self.lm_head


def trainer_of(model: Model) -> SimpleNamespace:
    """What `compute_loss` reads of a trainer."""
    accelerator = SimpleNamespace(parallelism_config=None, num_processes=2, gather_for_metrics=lambda tensor: tensor)
    return SimpleNamespace(
        model=model,
        accelerator=accelerator,
        args=SimpleNamespace(loss_type="nll", average_tokens_across_devices=True),
        aux_loss_enabled=False,
        compute_loss_func=None,
        label_smoother=None,
        get_tp_size=lambda: 1,
        _tp_size=1,
        _metrics=defaultdict(lambda: defaultdict(list)),
        _total_train_tokens=0,
    )


def measure(case: dict) -> dict:
    dtype = getattr(torch, case["dtype"])
    rows, length = case["rows"], case["length"]
    model = Model(case).to(dtype)
    utils.add_fused_lm_head(model, outputs=("log_probs", "entropy", "is_top1"))
    hidden = torch.randn(rows, length, case["hidden"]).to(dtype)
    labels = torch.randint(0, case["vocab"], (rows, length))
    labels[:, : length - case["valid"]] = -100
    inputs = {"input_ids": labels.clone(), "labels": labels, "position_ids": labels.clone()}
    count, gradient = torch.tensor(7), torch.ones(())
    anchor = torch.ones((), requires_grad=True)
    known = (hidden, *inputs.values(), count, gradient, anchor, *model.parameters())
    for parameter in model.parameters():
        parameter.grad = None
    with Live(known) as live:
        model.given = [Begin.apply(live, anchor, hidden)]
        live.mark("forward")
        if case["head"] == "whole":
            loss = LabelSmoother(0.1)(model(), labels, shift_labels=True, num_items_in_batch=count)
        else:
            loss = SFTTrainer.compute_loss(trainer_of(model), model, dict(inputs), num_items_in_batch=count)
        live.mark("end of forward")
        live.mark("backward")
        loss.backward(gradient)
    ours = {live.number(parameter.grad) for parameter in model.parameters()}
    forward = played(live.history, ours, "forward", "end of forward")
    backward = played(live.history, ours, "backward", "end of backward")
    return {
        "kept": forward["alive"],
        "forward": forward["peak"],
        "backward": backward["peak"],
    }


def take_the_path_of_a_gpu() -> None:
    """Only what is scored is projected, by Triton's kernels; products in float32 are added without a copy of their factors."""
    from triton.runtime.interpreter import GridExecutor

    utils._use_triton = chunked._use_triton = lambda device: True
    run = GridExecutor.__call__

    def collected(self, *arguments, **named):
        with _disable_current_modes():
            run(self, *arguments, **named)
        gc.collect()

    def added(acc, a, b):
        with _disable_current_modes():
            acc.addmm_(a.float(), b.float())

    GridExecutor.__call__, chunked._addmm_fp32 = collected, added


def main() -> None:
    gc.freeze()
    cases = json.loads(sys.argv[1])
    if cases[0]["kernels"] == "gpu":
        take_the_path_of_a_gpu()
    answers = []
    for case in cases:
        chunked.TOKEN_CHUNK_SIZE, utils._CHUNKED_LOGPROB_CHUNK_SIZE = case["chunks"]
        answers.append(measure(case))
    print(json.dumps(answers))


main()
