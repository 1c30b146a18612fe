"""Find uses of private names of the stack in Python sources.

    python private_uses.py RUNTIME < SOURCES.json > USES.json

SOURCES is {path: source} of the runtime's files outside of its `stack/` and of the programs; USES a list of "path:line what".
A name is private that begins with an underscore, that lies in a module of a package (`transformers.trainer`), or that the
tables of `stack/` list. Methods count that override a private one of a class of the stack, also by way of the runtime's own.
"""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

RUNTIME = sys.argv[1]
sys.path.insert(0, RUNTIME)

from planc_runtime.stack.required import has_name, read_module, required_names, wanted_names

PACKAGES = ("transformers", "trl", "peft", "accelerate", "datasets")

# Other people's: the standard library's and torch's.
FOREIGN = ("os", "atexit", "torch")
PLAIN = ("_replace", "_asdict", "_overloadpacket")

# Without those that tensors have too.
LISTED = {name.rpartition(".")[2] for name in (*required_names(), *wanted_names())} - {"to"}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def imports_of(tree: ast.AST) -> dict[str, str]:
    """Local name -> dotted name of what is imported."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def chain(node: ast.AST) -> list[str]:
    """`transformers.trainer.X` as its parts; the first is "" where it is not a name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id if isinstance(node, ast.Name) else "", *reversed(parts)]


def stack_bases(dotted: str, seen: tuple[str, ...] = ()) -> Iterator[str]:
    """The classes of the stack that a class derives from, by way of the runtime's own."""
    if dotted.partition(".")[0] in PACKAGES:
        yield dotted
        return
    module, _, name = dotted.rpartition(".")
    file = Path(RUNTIME, *module.split(".")).with_suffix(".py")
    if dotted in seen or not module.startswith("planc_runtime") or not file.is_file():
        return
    tree = ast.parse(file.read_text())
    known = imports_of(tree)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            for base in node.bases:
                yield from stack_bases(known.get(ast.unparse(base), f"{module}.{ast.unparse(base)}"), (*seen, dotted))
    if name in known:
        yield from stack_bases(known[name], (*seen, dotted))


def given(node: ast.AST) -> Iterator[str]:
    """Names that a file gives to attributes and methods of its own."""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr
    elif isinstance(node, ast.FunctionDef):
        yield node.name
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def uses(path: str, source: str) -> Iterator[str]:
    tree = ast.parse(source)
    known = imports_of(tree)
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    own = {name for node in ast.walk(tree) for name in given(node)}
    for node in ast.walk(tree):
        where = f"{path}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in PACKAGES and "." in alias.name:
                    yield f"{where} imports {alias.name}"
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in PACKAGES:
            if "." in node.module or any(is_private(alias.name) for alias in node.names):
                yield f"{where} imports from {node.module}"
        elif isinstance(node, ast.Attribute):
            root, *rest = chain(node)
            package = known.get(root, "").partition(".")[0]
            if package in PACKAGES and (isinstance(node.ctx, ast.Store) or is_module(known[root], rest[0])):
                yield f"{where} touches {'.'.join((known[root], *rest))}"
            elif node.attr in LISTED:
                yield f"{where} touches .{node.attr}, which is in a table of stack/"
            elif is_private(node.attr) and node.attr not in PLAIN and root not in FOREIGN:
                if root not in ("self", "cls") or node.attr not in own:
                    yield f"{where} touches .{node.attr}"
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr", "setattr", "delattr"):
                for argument in node.args[1:2]:
                    if isinstance(argument, ast.Constant) and (is_private(argument.value) or argument.value in LISTED):
                        yield f"{where} touches {argument.value} by its name"
            for keyword in node.keywords:
                if keyword.arg and is_private(keyword.arg):
                    yield f"{where} gives {keyword.arg}"
        elif isinstance(node, ast.ClassDef):
            bases = [known.get(ast.unparse(base), f"{module}.{ast.unparse(base)}") for base in node.bases]
            found = [each for base in bases for each in stack_bases(base)]
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and is_private(part.name):
                    for base in found:
                        if has_name(f"{base}.{part.name}"):
                            yield f"{path}:{part.lineno} overrides {base}.{part.name}"


def is_module(package: str, name: str) -> bool:
    return read_module(f"{package}.{name}") is not None


print(json.dumps([use for path, source in json.load(sys.stdin).items() for use in uses(path, source)]))
