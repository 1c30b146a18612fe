"""`planc-export.json`: what an export was of, and digests that do not depend on the layout."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from planc_runtime.export.shards import Shard
from planc_runtime.export.table import Piece


class Digests:
    """SHA-256 of what has been stored: of each piece of each expert, and of each other tensor."""

    def __init__(self) -> None:
        self.others: dict[str, str] = {}
        self._experts: dict[str, dict[int, dict[int, bytes]]] = {}

    def put(self, piece: Piece, name: str, digest: bytes) -> None:
        if piece.module is None:
            self.others[name] = digest.hex()
        else:
            self._experts.setdefault(piece.module, {}).setdefault(piece.expert, {})[piece.number] = digest

    def experts(self) -> dict[str, list[str]]:
        """
        By layer, the digest of each expert: SHA-256 over the digests of its pieces, gate, up and down, as a conversion's
        manifest has it.
        """
        return {
            module: [
                hashlib.sha256(b"".join(digest for _, digest in sorted(experts[expert].items()))).hexdigest()
                for expert in sorted(experts)
            ]
            for module, experts in self._experts.items()
        }


def manifest_of(
    identity: dict[str, Any], about: dict[str, Any], shards: Sequence[Shard], digests: Digests
) -> dict[str, Any]:
    """The manifest, with `about` what is said of the source. It names no time, path or machine: exporting again gives the same bytes."""
    return {
        "version": 1,
        **identity,
        "source": {**identity["source"], **about},
        "files": [{"file": shard.name, "size": shard.size, "tensors": len(shard.tensors)} for shard in shards],
        "experts": digests.experts(),
        "carried": dict(sorted(digests.others.items())),
    }
