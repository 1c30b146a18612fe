"""The files that go with the weights: taken over byte for byte, but for keys of config.json that the target needs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from planc_runtime.convert.copying import write_all
from planc_runtime.convert.folder import CONFIG, Checkpoint
from planc_runtime.errors import UserError
from planc_runtime.writing import new_file, put_text

BUFFER = 2**20


def read_config(folder: Path) -> tuple[bytes, dict[str, object]]:
    """
    A checkpoint's config.json, as it is and parsed.

    Raises:
        UserError: there is none, or it is no JSON object.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder")
    try:
        content = (folder / CONFIG).read_bytes()
        config = json.loads(content)
    except FileNotFoundError as error:
        raise UserError(f"{folder} has no {CONFIG}: it is no checkpoint folder") from error
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"cannot read {folder / CONFIG}: {error}") from error
    if not isinstance(config, dict):
        raise UserError(f"{folder / CONFIG} is no JSON object")
    return content, config


def copy_companions(source: Checkpoint, output: Path) -> None:
    """Copy every file that goes with the weights, but for config.json."""
    for name in source.others:
        if name == CONFIG:
            continue
        with open(source.folder / name, "rb") as stream, new_file(output, name) as descriptor:
            at = 0
            while data := stream.read(BUFFER):
                write_all(descriptor, data, at)
                at += len(data)


def put_config(source: Checkpoint, output: Path, added: Mapping[str, object]) -> None:
    """Write config.json as it is, but for keys of `added` that it has not."""
    content, config = read_config(source.folder)
    put_text(output, CONFIG, with_keys(content, {key: added[key] for key in added if key not in config}))


def with_keys(content: bytes, added: Mapping[str, object]) -> bytes:
    """JSON text with keys put first, the rest as it was."""
    brace = re.match(rb"\s*\{(\s*)", content)
    if brace is None or not added:
        return content
    space = brace[1] or b" "
    entries = b"".join(f"{json.dumps(key)}: {json.dumps(value)},".encode() + space for key, value in added.items())
    return content[: brace.end()] + entries + content[brace.end() :]
