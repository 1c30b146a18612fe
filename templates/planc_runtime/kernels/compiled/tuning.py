"""
Block sizes, tried on the GPU at the first call for a row length and a dtype, and kept in Triton's cache on disk.

Kernels whose columns do not meet (`tuned_tiles`) may be cut in any way. Where columns are summed (`tuned_sums`), how
they are cut decides the order of the sum, and with it the last bits: there the row length alone fixes the block and its
warps, and only the number of rows that a program goes through is tuned. Results are then the same on every rank, and
after a restart on another machine of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable

import triton

from planc_runtime.kernels.backend import is_interpreted

SUMMED_COLUMNS = (1024, 512, 256)

# For every launch: a product is rounded before it is added, as in the eager twins. Memory is what the kernels wait for.
ROUNDED = {"enable_fp_fusion": False}


def parts(number: int, size: int) -> int:
    """How many parts of `size` hold `number`. Triton's own takes the host as long as an operator of torch."""
    return -(-number // size)


def tiles(num_rows: int, columns: int) -> Callable[[dict], tuple[int]]:
    """The grid of a `tuned_tiles` kernel."""
    return lambda meta: (parts(num_rows, meta["block_rows"]) * parts(columns, meta["block_columns"]),)


def row_blocks(num_rows: int) -> Callable[[dict], tuple[int]]:
    """The grid of a `tuned_sums` kernel."""
    return lambda meta: (parts(num_rows, meta["block_rows"]),)


def tuned_tiles(kernel) -> Callable:
    """Tune `block_rows` and `block_columns` of a kernel that treats every element alone."""
    shapes = [(1, 2048, 8), (2, 1024, 4), (4, 1024, 8), (4, 512, 4), (4, 256, 4), (8, 256, 4), (16, 256, 8)]
    return _tuned(kernel, shapes, _tiles_that_fit)


def tuned_sums(kernel) -> Callable:
    """Tune `block_rows` of a kernel that sums over columns, a warp for each 256 of them."""
    shapes = [(rows, columns, columns // 256) for columns in SUMMED_COLUMNS for rows in (1, 2, 4)]
    return _tuned(kernel, shapes, _sums_that_fit)


def _tuned(kernel, shapes: list[tuple[int, int, int]], fitting: Callable) -> Callable:
    # Interpreted, blocks are small so that small tests see several of them, and nothing is timed.
    if is_interpreted():
        shapes = [(2, 32, 4)]
    configs = [
        triton.Config({"block_rows": rows, "block_columns": columns}, num_warps=warps)
        for rows, columns, warps in shapes
    ]
    tune = triton.autotune(
        configs, key=["columns"], prune_configs_by={"early_config_prune": fitting}, cache_results=True
    )
    return tune(kernel)


def _tiles_that_fit(configs: list[triton.Config], arguments: dict, **_) -> list[triton.Config]:
    """Those that waste the least of the last block, within an eighth of a row."""
    columns = arguments["columns"]
    least = min(_padded(columns, config) for config in configs)
    return [config for config in configs if _padded(columns, config) <= least + columns // 8]


def _sums_that_fit(configs: list[triton.Config], arguments: dict, **_) -> list[triton.Config]:
    """Those of the widest block that wastes at most an eighth of a row, or else of the narrowest."""
    columns = arguments["columns"]
    wide = [config for config in configs if _padded(columns, config) <= columns + columns // 8]
    narrowest = min(SUMMED_COLUMNS)
    block = max((config.kwargs["block_columns"] for config in wide), default=narrowest)
    return [config for config in configs if config.kwargs["block_columns"] == block]


def _padded(columns: int, config: triton.Config) -> int:
    block = config.kwargs["block_columns"]
    return parts(columns, block) * block
