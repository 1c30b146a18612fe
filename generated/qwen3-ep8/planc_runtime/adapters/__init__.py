"""
LoRA on a sharded model: adapters of dense modules by PEFT, those of experts inside planc's dispatch.

The model stays transformers' own, with PEFT's layers in the place of its linear modules. A base weight is never changed and
never copied: an expert's adapter is two more grouped products, of the adapter's rank, on the rows that are there already.

Shapes in this package, as suffixes of names: A assignments of rows to experts, E local experts, M columns that go in, N
columns that come out, R rank.
"""

from planc_runtime.adapters.attach import attach

__all__ = ["attach"]
