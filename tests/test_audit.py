"""What `make audit` makes of pip-audit's answer: silence of the service is never a clean bill."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci/audit.py"


@pytest.fixture(scope="module")
def audit() -> Any:
    spec = importlib.util.spec_from_file_location("audit", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def clean(name: str) -> dict[str, Any]:
    return {"name": name, "version": "1", "vulns": []}


def unknown(name: str) -> dict[str, Any]:
    return {"name": name, "skip_reason": "Dependency not found on PyPI and could not be audited"}


HOLE = {"name": "aiohttp", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}


@pytest.mark.parametrize(
    ("dependencies", "status", "word"),
    [
        ([clean("aiohttp"), unknown("fiscal-gateway")], 0, "1 packages, 0 known"),
        ([unknown("aiohttp"), unknown("rich")], 0, "NOT AUDITED: the advisory service"),
        ([clean("aiohttp"), unknown("rich")], 0, "NOT AUDITED: 1 of 2 packages, rich"),
        ([], 0, "NOT AUDITED"),
        ([HOLE], 1, "PYSEC-1"),
        ([HOLE, unknown("rich")], 1, "PYSEC-1"),
    ],
)
def test_verdict(audit: Any, dependencies: list[dict[str, Any]], status: int, word: str) -> None:
    found, words = audit.verdict({"dependencies": dependencies}, "")
    assert found == status
    assert word in words


def test_no_answer_is_no_audit(audit: Any) -> None:
    assert audit.verdict(None, "connection refused") == (
        0,
        "NOT AUDITED: no advisory service answered. connection refused",
    )
