"""Private names of accelerate: the sampler of rows, and those inside of a loader that it has prepared."""

from __future__ import annotations

from typing import Any

from accelerate.data_loader import SeedableRandomSampler

__all__ = ["SeedableRandomSampler", "set_epoch"]

REQUIRED = {
    "accelerate.data_loader.SeedableRandomSampler": "the order of the data after resuming",
    "accelerate.data_loader.BatchSamplerShard.batch_sampler": "the order of the data after resuming",
    "accelerate.data_loader.SkipBatchSampler.batch_sampler": "the order of the data after resuming",
}


def set_epoch(dataloader: Any, epoch: int) -> None:
    """Begin with an epoch's order. The loader that skips batches tells the trainer's own sampler alone which epoch it is."""
    dataloader.set_epoch(epoch)
    sampler = getattr(dataloader.batch_sampler, "batch_sampler", None)
    if hasattr(sampler, "set_epoch"):
        sampler.set_epoch(epoch)
