"""What docs/new-family.md says of rows and rooms, of every family that is spoken."""

from __future__ import annotations

import tomllib
from pathlib import Path

import campaign_families
import pytest
import register_rows

from devices.registers.factory import FAMILIES
from devices.registers.models import MODELS
from emulator import families as emulated

ROOT = Path(__file__).parents[2]
PACKAGES = {name: name.replace("-", "_") for name in FAMILIES}


def test_rows_of_every_family():
    spoken = set(FAMILIES)
    assert set(emulated.FAMILIES) == spoken
    assert set(MODELS) == spoken
    assert set(register_rows.FAMILIES) == spoken
    assert set(campaign_families.FAMILIES) == spoken


def test_no_family_is_left_out_where_they_are_kept_apart():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    apart = [one["modules"] for one in contracts if one["type"] == "independence"]
    for layer in ("protocols", "emulator.registers", "devices.registers"):
        assert any({f"{layer}.{package}" for package in PACKAGES.values()} <= set(modules) for modules in apart), layer


@pytest.mark.parametrize("package", PACKAGES.values())
def test_rooms_that_each_has(package: str):
    wanted = {
        "protocols": ("explain", "errors"),
        "emulator/registers": ("core", "connection", "device", "memory", "register"),
        "devices/registers": ("driver", "errors", "faults", "interview", "options", "plan", "profile"),
    }
    for layer, rooms in wanted.items():
        for room in rooms:
            assert (ROOT / layer / package / f"{room}.py").exists(), f"{layer}/{package}/{room}.py"


@pytest.mark.parametrize("package", PACKAGES.values())
def test_its_line_is_broken_at_every_byte(package: str):
    assert (ROOT / "tests" / "devices" / f"test_{package}_every_byte.py").exists()
