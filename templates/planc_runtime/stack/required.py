"""
Which private names the installed releases lack, from their source alone: nothing of them is imported. Standard library only.

A name counts as there where its module defines, imports or assigns it, or hands it out on demand. An attribute of a class
counts where the class or one of those that it inherits from has it: as a method, in its body, or as `self.NAME` in a method.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent

# Modules that one may take all names of, for each of them to be read.
MOST_GATHERED = 20


class UnreadableError(Exception):
    """A source file that is there, but is no Python."""


class Module(NamedTuple):
    """The source of a module: its dotted name, the package that its relative imports count from, and its tree."""

    name: str
    package: str
    tree: ast.Module


def required_names() -> dict[str, str]:
    """Every private name that the runtime needs -> what for: the tables `REQUIRED` of this folder."""
    return _tables("REQUIRED")


def wanted_names() -> dict[str, str]:
    """Every private name without which the runtime goes on, in another way -> what for: the tables `WANTED`."""
    return _tables("WANTED")


def _tables(table: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for file in sorted(FOLDER.glob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and any(ast.unparse(target) == table for target in node.targets):
                names |= ast.literal_eval(node.value)
    return names


@functools.cache
def _packages() -> frozenset[str]:
    return frozenset(name.partition(".")[0] for name in required_names())


def has_source(package: str) -> bool:
    """Whether a package is installed with its source, without which nothing is known of its names."""
    return read_module(package) is not None


def has_name(dotted: str) -> bool:
    """
    Whether an installed package has a name such as `transformers.trainer.Trainer._run_epoch`.

    Raises:
        UnreadableError: a file that decides it is damaged.
    """
    parts = dotted.split(".")
    # The longest beginning that is a module; what follows is looked for in it.
    for length in range(len(parts), 0, -1):
        module = read_module(".".join(parts[:length]))
        if module is not None:
            return not parts[length:] or _has(module, parts[length:], set())
    return False


@functools.cache
def read_module(name: str) -> Module | None:
    """
    The module of a dotted name; None where there is none, or none that is written in Python.

    Raises:
        UnreadableError: its file is damaged.
    """
    package, *inner = name.split(".")
    folder = _folder_of(package)
    if folder is None:
        return None
    path = folder.joinpath(*inner)
    for file, base in ((path / "__init__.py", name), (path.with_suffix(".py"), name.rpartition(".")[0])):
        if file.is_file() and (inner or file.name == "__init__.py"):
            return Module(name, base, _parse(file))
    return None


def _parse(file: Path) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's advice on how others write their strings
            return ast.parse(file.read_bytes())
    except SyntaxError as error:
        raise UnreadableError(f"{file} is no Python: {error.msg}, line {error.lineno}") from error
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{file} cannot be read: {error}") from error


def _folder_of(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _has(module: Module, parts: list[str], seen: set[tuple[str, ...]]) -> bool:
    """Whether a module has `parts`: a name, or a class and an attribute of it. What is in `seen` is looked for already."""
    name, *attribute = parts
    if (module.name, *parts) in seen:
        return False
    seen.add((module.name, *parts))
    all_of: list[ast.ImportFrom] = []
    is_named = False
    for node in _statements(module.tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return not attribute or _has_attribute(module, node, attribute[0], seen)
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    all_of.append(node)
                elif (alias.asname or alias.name) == name:
                    is_named = True
                    if _imports(module, node, [alias.name, *attribute], seen):
                        return True
        elif name in _bound(node):
            is_named = True
            # An attribute of a class under another name, `Old = New`.
            value = node.value if isinstance(node, ast.Assign) else None
            if not attribute or (isinstance(value, ast.Name) and _has(module, [value.id, *attribute], seen)):
                return True
    # Gone through for what nothing else brings in. A package that gathers hundreds of models is where no name is moved to.
    is_gathered = not is_named and not name.startswith("_") and len(all_of) <= MOST_GATHERED
    if is_gathered and any(_imports(module, node, parts, seen) for node in all_of):
        return True
    if _hands_out(module.tree, name):
        return True
    # An attribute that the module gives to objects of other modules' classes: `model._name = ...`.
    return not attribute and name in _assigned(module.tree)


def _has_attribute(module: Module, owner: ast.ClassDef, name: str, seen: set[tuple[str, ...]]) -> bool:
    if name in _assigned(owner) or any(name in _bound(node) for node in _statements(owner)):
        return True
    bases = (base.value if isinstance(base, ast.Subscript) else base for base in owner.bases)
    return any(_has(module, [*ast.unparse(base).split("."), name], seen) for base in bases)


def _imports(module: Module, node: ast.ImportFrom, parts: list[str], seen: set[tuple[str, ...]]) -> bool:
    """Whether what an import brings in is there."""
    origin = node.module or ""
    if node.level:
        base = module.package.rsplit(".", node.level - 1)[0] if node.level > 1 else module.package
        origin = f"{base}.{origin}" if origin else base
    package = origin.partition(".")[0]
    if package != module.name.partition(".")[0] and package not in _packages():
        # From elsewhere, torch or the standard library: a name is bound, and no class there has an attribute of the stack's.
        return not parts[1:] and node.names[0].name != "*"
    inner = read_module(f"{origin}.{parts[0]}")
    if inner is not None and (not parts[1:] or _has(inner, parts[1:], seen)):
        return True
    source = read_module(origin)
    return source is not None and _has(source, parts, seen)


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


def _hands_out(tree: ast.Module, name: str) -> bool:
    """Whether the module's `__getattr__` may know a name: of what it returns for it nothing can be told."""
    if not any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in tree.body):
        return False
    return any(isinstance(node, ast.Constant) and node.value == name for node in ast.walk(tree))


@functools.cache
def _assigned(tree: ast.AST) -> set[str]:
    """Attributes that are assigned anywhere in a tree."""
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
