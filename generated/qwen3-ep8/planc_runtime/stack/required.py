"""
Which private names the installed releases lack, from their source alone: nothing of them is imported. Standard library only.

A name counts as there where its module defines, imports or assigns it, and an attribute of a class where the class or one
of those that it inherits from does: by a method, in its body, or as `self.NAME` in a method.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent


class Module(NamedTuple):
    """The source of a module: its dotted name, the package that its relative imports count from, and its tree."""

    name: str
    package: str
    tree: ast.Module


def required_names() -> dict[str, str]:
    """Every private name that the runtime needs -> what for: the tables `REQUIRED` of this folder."""
    names: dict[str, str] = {}
    for file in sorted(FOLDER.glob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and any(ast.unparse(target) == "REQUIRED" for target in node.targets):
                names |= ast.literal_eval(node.value)
    return names


def is_installed(package: str) -> bool:
    return _folder_of(package) is not None


def has_name(dotted: str) -> bool:
    """Whether an installed package has a name such as `transformers.trainer.Trainer._run_epoch`."""
    parts = dotted.split(".")
    # The longest beginning that is a module; what follows is looked for in it.
    for length in range(len(parts), 0, -1):
        module = read_module(".".join(parts[:length]))
        if module is not None:
            return not parts[length:] or _has(module, parts[length:], ())
    return False


@functools.cache
def read_module(name: str) -> Module | None:
    """The module of a dotted name; None where there is none, or none that is written in Python."""
    package, *inner = name.split(".")
    folder = _folder_of(package)
    if folder is None:
        return None
    path = folder.joinpath(*inner)
    for file, base in ((path / "__init__.py", name), (path.with_suffix(".py"), name.rpartition(".")[0])):
        if file.is_file() and (inner or file.name == "__init__.py"):
            return Module(name, base, ast.parse(file.read_text(encoding="utf-8")))
    return None


def _folder_of(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _has(module: Module, parts: list[str], seen: tuple[tuple[str, str], ...]) -> bool:
    """Whether a module has `parts`: a name, or a class and an attribute of it. `seen` are those that led here."""
    name, *attribute = parts
    if (module.name, name) in seen:
        return False
    seen = (*seen, (module.name, name))
    for node in _statements(module.tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return not attribute or _has_attribute(module, node, attribute[0], seen)
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name and _imports(module, node, alias.name, attribute, seen):
                    return True
        elif not attribute and name in _bound(node):
            return True
    # An attribute that the module gives to objects of other modules' classes: `model._name = ...`.
    return not attribute and name in _assigned(module.tree)


def _has_attribute(module: Module, owner: ast.ClassDef, name: str, seen: tuple[tuple[str, str], ...]) -> bool:
    if name in _assigned(owner) or any(name in _bound(node) for node in _statements(owner)):
        return True
    return any(_has(module, [ast.unparse(base), name], seen) for base in owner.bases if isinstance(base, ast.Name))


def _imports(
    module: Module, node: ast.ImportFrom, name: str, attribute: list[str], seen: tuple[tuple[str, str], ...]
) -> bool:
    """Whether what an import brings in is there."""
    origin = node.module or ""
    if node.level:
        base = module.package.rsplit(".", node.level - 1)[0] if node.level > 1 else module.package
        origin = f"{base}.{origin}" if origin else base
    source = read_module(origin)
    return source is not None and _has(source, [name, *attribute], seen)


def _statements(owner: ast.Module | ast.ClassDef) -> Iterator[ast.stmt]:
    """The statements of a body, those under an `if`, `try` or `with` among them."""
    pending: list[ast.AST] = list(reversed(owner.body))
    while pending:
        node = pending.pop()
        if isinstance(node, ast.stmt):
            yield node
        if isinstance(node, (ast.If, ast.Try, ast.With, ast.ExceptHandler)):
            pending += reversed(list(ast.iter_child_nodes(node)))


def _bound(node: ast.stmt) -> set[str]:
    """Names that a statement binds, functions and plain variables."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}


@functools.cache
def _assigned(tree: ast.AST) -> set[str]:
    """Attributes that are assigned anywhere in a tree."""
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
