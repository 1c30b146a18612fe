"""Which source files that planc relies on are other in another release. Comments, docstrings and layout do not count."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

from release.report import Section, some

# Beside the modules of the private names: what the rules, the placement and the estimates were read from.
RELIED_ON = [
    "transformers/distributed/*.py",
    "transformers/core_model_loading.py",
    "transformers/conversion_mapping.py",
    "transformers/trainer.py",
    "transformers/integrations/moe.py",
    "transformers/integrations/finegrained_fp8.py",
    "transformers/modeling_utils.py",
]

Tree = dict[str, str]


def source_sections(old: dict[str, str], new: dict[str, str], names: list[str]) -> list[Section]:
    """`old`, `new`: package -> its folder. `names`: the private names."""
    lines = []
    for file in files(old, new, names):
        package, _, inner = file.partition("/")
        before, after = (Path(folders[package], inner) for folders in (old, new))
        if not before.exists() or not after.exists():
            lines.append(f"{'+' if after.exists() else '-'} {file}")
        elif before != after and (changed := differing(definitions(before), definitions(after))):
            lines.append(f"{file}: {some(changed)}")
    return [Section("Source files that planc relies on", lines)]


def files(old: dict[str, str], new: dict[str, str], names: list[str]) -> list[str]:
    found = set()
    for folders in (old, new):
        for pattern in RELIED_ON:
            package, _, inner = pattern.partition("/")
            if package in folders:
                found |= {f"{package}/{path.relative_to(folders[package])}" for path in Path(folders[package]).glob(inner)}
        found |= {file for name in names if (file := module_of(name, folders))}
    return sorted(file for file in found if file.partition("/")[0] in old and file.partition("/")[0] in new)


def module_of(dotted: str, folders: dict[str, str]) -> str | None:
    """The file of the longest beginning of a name that is a module."""
    package, *inner = dotted.split(".")
    for length in range(len(inner), 0, -1):
        path = Path(*inner[:length]).with_suffix(".py")
        if package in folders and Path(folders[package], path).exists():
            return f"{package}/{path}"
    return None


def definitions(path: Path) -> Tree:
    """A file's functions, classes' methods and other statements, by name, with what they do."""
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError:
        # Of a newer Python than this one.
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()}
    found: Tree = {}
    for node in without_docstrings(tree).body:
        if isinstance(node, ast.ClassDef):
            inner = [each for each in node.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))]
            for each in inner:
                found[f"{node.name}.{each.name}"] = found.get(f"{node.name}.{each.name}", "") + ast.dump(each)
            node.body = [each for each in node.body if each not in inner]
            found[node.name] = ast.dump(node)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[node.name] = ast.dump(node)
        elif not isinstance(node, (ast.Import, ast.ImportFrom)):
            targets = [each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
            name = targets[0] if targets else "statements"
            found[name] = found.get(name, "") + ast.dump(node)
    return found


def without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            node.body = body[1:]
    return tree


def differing(old: Tree, new: Tree) -> list[str]:
    changed = [name for name in new if name in old and old[name] != new[name]]
    return changed + [f"+ {name}" for name in new if name not in old] + [f"- {name}" for name in old if name not in new]
