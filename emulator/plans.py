"""What an emulated shop consists of, before anything of it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emulator.channels import Address
from emulator.families import USUAL
from emulator.faults import Fault
from emulator.registers.base import Settings
from emulator.scanners import Setup


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPlan:
    """One register: what it is when new, where it listens, what goes wrong at first, where its state is kept."""

    settings: Settings
    family: str = USUAL
    listen: tuple[Address, ...] = ()
    faults: tuple[Fault, ...] = ()
    state: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a shop consists of. `ofd_at` sends documents to an OFD elsewhere, `with_ofd` to one of its own; so do
    `oism_at` and `with_oism` for marking codes. Without either a register finds no ОИСМ: codes stay unchecked, [M]."""

    registers: tuple[RegisterPlan, ...] = ()
    with_ofd: bool = False
    ofd_listen: tuple[Address, ...] = ()
    ofd_state: Path | None = None
    ofd_at: tuple[str, int] | None = None
    with_oism: bool = False
    oism_listen: tuple[Address, ...] = ()
    oism_state: Path | None = None
    oism_at: tuple[str, int] | None = None
    oism_faults: tuple[str, ...] = ()  # as `parse_misbehaviour` reads them
    scanners: Mapping[str, Setup] = field(default_factory=dict)
