"""Secrets on disk: for their owner only from the first moment on, and mended where somebody opened them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import structlog

from gateway.api.tokens import Tokens
from gateway.cli.serve import usable_directory
from gateway.journal import Journal
from gateway.journal.executor import InlineExecutor
from gateway.private_files import mend, write_private
from gateway.rim import now, system_random


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def open_handed():
    """The worst umask there is."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_written_for_the_owner_only_and_never_half(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret"
    write_private(path, b"one")
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    path.chmod(0o644)
    write_private(path, b"two")
    assert (mode(path), path.read_bytes()) == (0o600, b"two")
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("given", [0o604, 0o640, 0o666, 0o777])
def test_mended(tmp_path: Path, given: int) -> None:
    path = tmp_path / "secret"
    path.touch()
    path.chmod(given)
    assert mend(path)
    assert mode(path) == given & 0o700
    assert not mend(path)
    assert not mend(tmp_path / "absent")


async def test_an_admin_token_that_others_could_read_is_closed_and_told(tmp_path: Path) -> None:
    async def start() -> list[dict]:
        journal = await Journal.open(tmp_path, now=now, executor=InlineExecutor(), on_fatal=lambda _: None)
        try:
            with structlog.testing.capture_logs() as events:
                await Tokens(journal, now=now, rng=system_random()).ensure_admin(tmp_path)
        finally:
            await journal.close()
        return events

    assert await start() == []
    token = tmp_path / "admin.token"
    assert mode(token) == 0o600
    secret = token.read_text()
    token.chmod(0o644)
    (warning,) = await start()
    assert warning["log_level"] == "warning"
    assert mode(token) == 0o600
    assert token.read_text() == secret


def test_the_serving_process_makes_files_for_itself_only(tmp_path: Path) -> None:
    usable_directory(tmp_path / "data", as_json=True)
    (tmp_path / "data" / "journal.db").touch()
    assert mode(tmp_path / "data" / "journal.db") == 0o600
