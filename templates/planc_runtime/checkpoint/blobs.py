"""Plain values and tensors as bytes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch

from planc_runtime.errors import UserError


def serialized(value: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def deserialized(path: Path) -> Any:
    """
    What a file holds. Nothing in it is run.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise UserError(f"{path} cannot be read: {error}") from error
