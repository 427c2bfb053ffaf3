"""What `serve` loads unasked: each library that is not needed is a part of the start and of the memory."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    program = "import sys, gateway.cli.serve, gateway.daemon, gateway.api.server; print(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )


@pytest.mark.parametrize(
    "module",
    [
        "cryptography",  # TLS from a local authority
        "gateway.marking.permit.transport",  # permit mode
        "emulator",
        "PIL",  # drawn labels
        "zxingcpp",  # pictures of codes
        "evdev",
        "hid",
    ],
)
def test_what_is_not_configured_is_not_loaded(loaded: set[str], module: str) -> None:
    assert "gateway.shop" in loaded
    assert module not in loaded
