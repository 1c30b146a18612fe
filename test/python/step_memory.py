"""
What a bundle's train.py allocates in a step on the CPU, one rank of its mesh alone.

    python step_memory.py BUNDLE

Prints JSON: the most bytes that the third step holds besides parameters, optimizer states and the batch, and what holds them.
"""

import json
import os
import sys
import weakref
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts/bench/memory"))

from train_alone import train

# Columns of the logits that the loss head computes at a time: with TRL's own number they outweigh all else of a toy.
COLUMNS = 64


def main() -> None:
    found: dict = {}
    import trl.trainer.utils

    trl.trainer.utils._CHUNKED_LOGPROB_CHUNK_SIZE = COLUMNS
    train(Path(sys.argv[1]), ["--cpu"], lambda: watch(found))
    print(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)


def watch(found: dict):
    from live_storages import Live
    from torch.distributed.fsdp import FSDPModule
    from transformers import TrainerCallback

    class Held(Live):
        """The most that is held at a time. FSDP keeps storages that are empty between two gathers, so each is asked for its size."""

        def __init__(self, known, gathered) -> None:
            super().__init__(known)
            self.gathered = gathered
            self.alive = {}
            self.most, self.tensors = 0, []

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            out = super().__torch_dispatch__(function, types, args, kwargs)
            sizes = [(name, storage().nbytes()) for name, storage in self.alive.values() if storage() is not None]
            sizes += [("gathered", storage.nbytes()) for storage in self.gathered]
            held = sum(size for _, size in sizes)
            if held > self.most:
                self.most, self.tensors = held, sizes
            return out

        def _see(self, storage, operator) -> None:
            seen = len(self.history)
            super()._see(storage, operator)
            if len(self.history) > seen:
                self.alive[storage._cdata] = (operator, weakref.ref(storage))

        def _gone(self, key, size) -> None:
            super()._gone(key, size)
            self.alive.pop(key, None)

    class Watch(TrainerCallback):
        def on_step_begin(self, args, state, control, model=None, optimizer=None, **others) -> None:
            if state.global_step != 2:
                return
            states = [part for each in optimizer.state.values() for part in each.values() if hasattr(part, "to_local")]
            known = [each.to_local() if hasattr(each, "to_local") else each for each in [*model.parameters(), *states]]
            groups = [module._get_fsdp_state()._fsdp_param_group for module in model.modules() if isinstance(module, FSDPModule)]
            parameters = [each for group in groups if group is not None for each in group.fsdp_params]

            outputs = [output for each in parameters for output in each.all_gather_outputs]
            known += [*outputs, *(each._sharded_param_data for each in parameters)]

            self.live = Held([*known, *model.buffers()], [output.untyped_storage() for output in outputs])
            self.live.__enter__()

        def on_step_end(self, args, state, control, **others) -> None:
            if state.global_step != 3:
                return
            self.live.__exit__(None, None, None)
            found["peak"] = self.live.most
            by_name = Counter()
            for name, size in self.live.tensors:
                by_name[f"{name} {size}"] += size
            found["largest"] = by_name.most_common(40)

    return Watch()


main()
