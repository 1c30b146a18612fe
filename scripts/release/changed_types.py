"""
Which families are read again: new types, and those whose config, modules or conversion are other than before. Of a model's
code what its modules are made of counts, not what they compute: a record has names and shapes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

from release.sources import without_docstrings


def changed_types(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """`old`, `new`: what surface.py found. In the order of the new release's types."""
    if "absent" in old["configs"] or "absent" in new["configs"]:
        return []
    roots = [Path(surface["packages"]["transformers"], "models") for surface in (old, new)]
    unchanged: dict[str, bool] = {}

    def is_unchanged(folder: str) -> bool:
        if folder not in unchanged:
            before, after = (trees(root / folder) for root in roots)
            unchanged[folder] = before == after
        return unchanged[folder]

    found = []
    for name, folders in new["configs"].items():
        is_known = old["configs"].get(name) == folders
        has_same_conversion = old["conversions"].get(name) == new["conversions"].get(name)
        if not (is_known and has_same_conversion and all(is_unchanged(folder) for folder in folders)):
            found.append(name)
    return found


def trees(folder: Path) -> dict[str, dict[str, str]]:
    found = {file.name: of_classes(file, is_of_config) for file in sorted(folder.glob("configuration_*.py"))}
    return found | {file.name: of_classes(file, is_of_module) for file in sorted(folder.glob("modeling_*.py"))}


def of_classes(path: Path, counts: Callable[[ast.stmt], bool]) -> dict[str, str]:
    """Class -> what it inherits from, and those of its statements that count."""
    found = {}
    for node in without_docstrings(ast.parse(path.read_bytes())).body:
        if isinstance(node, ast.ClassDef) and not any("Output" in ast.unparse(base) for base in node.bases):
            found[node.name] = " ".join(ast.dump(each) for each in [*node.bases, *map(formless, filter(counts, node.body))])
    return found


def is_of_config(node: ast.stmt) -> bool:
    """Fields, methods, other names and parts. Plans are in the release's data."""
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]).startswith(("attribute_map", "sub_configs"))
    return True


def is_of_module(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == "__init__"


def formless(node: ast.stmt) -> ast.stmt:
    """Without the formats that tensors are made in."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            each.keywords = [keyword for keyword in each.keywords if keyword.arg != "dtype"]
    return node
