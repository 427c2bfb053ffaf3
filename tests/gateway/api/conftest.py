from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from api_world import World, gateway_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A gateway whose register works."""
    async with gateway_world(tmp_path) as made:
        yield made


@pytest.fixture
async def waiting(tmp_path: Path) -> AsyncIterator[World]:
    """A gateway whose workers do not run: everything stays queued."""
    async with gateway_world(tmp_path, started=False) as made:
        yield made
