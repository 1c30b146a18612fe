"""Compare the steps that ranks take, by accelerate's own samplers, with those that other numbers of ranks take in their place.

    python resume_order.py

Prints JSON: how many pairs of rank numbers made the same steps, were left alone as no epoch ends, and were refused.
"""

import itertools
import json
from collections import Counter

from accelerate.data_loader import BatchSamplerShard
from planc_runtime.checkpoint.order import SameOrder, accumulation_for, check_epochs, order_of
from planc_runtime.errors import UserError
from torch.utils.data import BatchSampler, SequentialSampler


def steps(sampler, *, ranks: int, accumulation: int, batch_size: int, drop_last: bool) -> list[list[tuple[int, ...]]]:
    """The micro-batches of each step of an epoch, sorted: as the trainer takes them from every rank's loader."""
    batches = BatchSampler(sampler, batch_size, drop_last)
    shards = [batches] if ranks == 1 else [BatchSamplerShard(batches, ranks, rank) for rank in range(ranks)]
    by_rank = [[tuple(batch) for batch in shard] for shard in shards]
    assert len({len(taken) for taken in by_rank}) == 1
    return [
        sorted(itertools.chain(*(taken[begin : begin + accumulation] for taken in by_rank)))
        for begin in range(0, len(by_rank[0]), accumulation)
    ]


outcomes: Counter[str] = Counter()
for num_rows, batch_size, drop_last in itertools.product((1, 2, 5, 11, 12, 13, 16), (1, 2, 3), (False, True)):
    for ranks, accumulation, others in itertools.product((1, 2, 3, 4), (1, 2, 3), (1, 2, 3, 4, 6)):
        options = {"batch_size": batch_size, "drop_last": drop_last}
        rows = SequentialSampler(range(num_rows))
        saved = order_of(num_rows=num_rows, ranks=ranks, accumulation=accumulation, **options)
        expected = steps(rows, ranks=ranks, accumulation=accumulation, **options)
        assert len(expected) == (saved.steps_per_epoch if saved.micro_batches else 0), (saved, expected)
        assert sum(map(len, expected)) == saved.micro_batches
        if not expected:
            continue
        try:
            shared = accumulation_for(saved.per_step, others)
        except UserError:
            assert saved.per_step % others
            outcomes["not shared"] += 1
            continue
        own = order_of(num_rows=num_rows, ranks=others, accumulation=shared, **options)
        for step, max_steps in ((0, len(expected) - 1), (0, 3 * len(expected)), (len(expected), 3 * len(expected))):
            try:
                is_replaced = check_epochs(saved, own, step=step, max_steps=max_steps)
            except UserError:
                # Only what cannot be: the last step would have to be divided unevenly.
                assert saved.micro_batches % others or saved.is_last_short
                assert max_steps >= len(expected)
                outcomes["refused"] += 1
                continue
            order = SameOrder(rows, saved.micro_batches * batch_size) if is_replaced else rows
            found = steps(order, ranks=others, accumulation=shared, **options)
            if max_steps < len(expected):
                assert found[:max_steps] == expected[:max_steps]
                outcomes["before the end"] += 1
            else:
                assert found == expected, (saved, own, found, expected)
                outcomes["replaced" if is_replaced else "alike"] += 1
print(json.dumps(outcomes))
