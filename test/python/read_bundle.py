"""What Python readers make of a bundle's files: one JSON object a line in, one out, until the input ends."""

import ast
import json
import sys

from markdown_it import MarkdownIt
from packaging.requirements import Requirement

MARKDOWN = MarkdownIt("commonmark").enable("table")


def read_program(source, name):
    """The literals that a program assigns at its top, and the rest of its code."""
    tree = ast.parse(source.encode("utf-8"))
    literals, rest = {}, []
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id not in ("DTYPE", "LOCK", "PARTS"):
            literals[node.targets[0].id] = ast.literal_eval(node.value)
        else:
            rest.append(ast.dump(node).replace(name, "NAME"))
    return {"literals": literals, "code": "\n".join(rest)}


def read_markdown(source):
    """Headings, code spans, and anything that could act: tags, links, images."""
    headings, codes, active = [], [], []
    tokens = MARKDOWN.parse(source)
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type.startswith("html"):
            active.append(token.content)
        if before is not None and before.type == "heading_open":
            headings.append(token.content)
        for child in token.children or []:
            if child.type == "code_inline":
                codes.append(child.content)
            elif child.type in ("html_inline", "link_open", "image"):
                active.append(child.type)
    return {"headings": headings, "codes": codes, "active": active}


def read_bundle(files):
    lock = json.loads(files["plan.lock.json"])
    name = lock["plan"]["name"]
    lines = [line for line in files["requirements.txt"].splitlines() if not line.startswith("#")]
    requirements = [Requirement(line) for line in lines]
    return {
        "train": read_program(files["train.py"], name),
        "forward": read_program(files["forward.py"], name),
        "readme": read_markdown(files["README.md"]),
        "requirements": {each.name: str(each.specifier) for each in requirements},
        "lock": lock["plan"],
    }


for line in sys.stdin:
    print(json.dumps(read_bundle(json.loads(line))), flush=True)
