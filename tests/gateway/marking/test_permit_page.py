"""What docs/permit.md shows of the configuration can be pasted, and what it comments out are the defaults."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gateway.marking.permit import PermitSettings

PAGE = (Path(__file__).parents[3] / "docs" / "permit.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def settings(block: str) -> PermitSettings:
    read = tomllib.loads(block)
    assert set(read) == {"permit"}
    return PermitSettings.model_validate(read["permit"])


def test_there_are_two() -> None:
    assert len(BLOCKS) == 2


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_is_a_configuration(block: str) -> None:
    given = settings(block)
    assert given.enabled
    written_out = settings(re.sub(r"(?m)^# (?=\w+ = )", "", block))
    # groups have no rows of their own until somebody writes one; the rule is the same
    assert written_out.model_copy(update={"no_answer": {}}) == given.model_copy(update={"no_answer": {}})
    assert set(written_out.no_answer.values()) <= {"refuse"}
