"""The page of codes that jobs carry in `error` and `warnings`, read from the source: whatever is raised is listed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from devices.registers.factory import FAMILIES
from protocols.ffd.hints import HINTS

ROOT = Path(__file__).parents[1]
#: Where jobs get their errors and warnings from; refusals of requests have a page of their own.
SOURCES = (
    "devices",
    "gateway/jobs",
    "gateway/marking/permit/reasons.py",
    "gateway/receipts/normalise.py",
    "gateway/shop.py",
    "protocols/ffd/lines.py",
    "protocols/ffd/rules.py",
)
#: Classes that are raised under more telling codes.
ROOTS = frozenset(
    {node.name for node in ast.parse((ROOT / "devices/errors.py").read_text()).body if isinstance(node, ast.ClassDef)}
)
#: Where a hint is put together when it is known what for.
COMPOSED = "по случаю: что не так и что делать"
SKIPPED = frozenset({"devices/discovery.py", "devices/registers/shtrih/interview.py"})  # steps of a diagnosis, no job's


def codes() -> str:
    """Every code and what its hint says, in the order of the alphabet."""
    found: dict[str, set[str]] = {}
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in _files()]
    classes = {name: code for tree in trees for name, code in _classes(tree)}
    for tree in trees:
        for code, hint in _pairs(tree, classes):
            found.setdefault(code, set()).update({hint} - {""})
    for name in classes.keys() - ROOTS:
        found.setdefault(classes[name], set())
    families = (f"{family.replace('-', '_')}.md" for family in FAMILIES)
    pages = ", ".join(f"[{page}]({page})" for page in families)
    lines = [
        "# Codes of jobs",
        "",
        "What `error` and `warnings` of a receipt or another job may carry besides a register's own errors",
        f"({pages}). `code` is stable; `hint` is for the person at the till. Refusals of requests are in",
        "[errors.md](errors.md). This page is generated from the source.",
        "",
        "| code | hint |",
        "|---|---|",
    ]
    lines += [
        f"| `{code}` | {' / '.join(sorted(hints)).replace('|', ', ') or HINTS.get(code, COMPOSED)} |"
        for code, hints in sorted(found.items())
    ]
    return "\n".join(lines) + "\n"


def _files() -> Iterator[Path]:
    for source in SOURCES:
        path = ROOT / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if file.relative_to(ROOT).as_posix() not in SKIPPED:
                yield file


def _classes(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Errors with a code of their own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for one in node.body:
                if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "code" and _text(one.value):
                    yield node.name, _text(one.value)


def _pairs(tree: ast.Module, classes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    named = {ast.unparse(one.targets[0]): one.value for one in tree.body if isinstance(one, ast.Assign)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = {word.arg: word.value for word in node.keywords}
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name == "Fault":
                given |= dict(zip(("pointer", "code", "message", "hint"), node.args, strict=False))
            hint = given.get("hint")
            code = _text(given.get("code")) or ("" if "code" in given else classes.get(name, ""))
            if code:
                yield code, _text(named.get(hint.id) if isinstance(hint, ast.Name) else hint)


def _text(node: ast.expr | None) -> str:
    """A string, its inserted values shown as `…`; empty for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""
