"""`planc-conversion.json`: what a conversion was, and the digests by which it can be verified at any time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from planc_runtime.convert.digests import Digests
from planc_runtime.convert.folder import MANIFEST, Checkpoint
from planc_runtime.convert.program import Program
from planc_runtime.convert.shards import Shard
from planc_runtime.errors import UserError


def manifest_of(
    program: Program, source: Checkpoint, shards: Sequence[Shard], digests: Digests | None
) -> dict[str, object]:
    """The manifest. It names no time, path or machine: converting again gives the same bytes."""
    return {
        "version": 1,
        "model_type": program.model_type,
        "from": program.source_layout,
        "to": program.target_layout,
        "program": program.digest(),
        "pieces": [
            {
                "piece": piece.name,
                "shape": list(piece.shape),
                "from": piece.source._asdict(),
                "to": piece.target._asdict(),
                "experts": piece.experts,
                "layers": list(piece.layers),
            }
            for piece in program.pieces
        ],
        "source": [{"file": file.name, "size": file.size, "header": file.header} for file in source.files],
        "files": [{"file": shard.name, "size": shard.size, "tensors": len(shard.slots)} for shard in shards],
        "left_behind": source.left,
        "experts": None if digests is None else dict(digests.experts()),
        "carried": None if digests is None else {name: value.hex() for name, value in sorted(digests.carried.items())},
    }


def read_manifest(folder: Path) -> dict[str, object]:
    """
    The manifest of a converted checkpoint.

    Raises:
        UserError: there is none, or it is damaged.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise UserError(f"{folder} has no {MANIFEST}: it is no finished conversion") from error
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"cannot read {path}: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("version") != 1:
        raise UserError(f"{path} is not what planc writes")
    return manifest
