"""What campaigns have to know of a family of registers: one row each, so that a world may be of any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

import spoilt
from campaign_sums import USUAL
from mischief import REACH, WEIGHTS, Kind, Way

from emulator.families import FAMILIES as EMULATED
from protocols.ffd.enums import FfdVersion

Drawn = tuple[frozenset[str], dict[str, str]]
#: Changes nothing of the bytes that arrive: all that TCP lets happen within one computer.
_STREAM: Final = {kind: WEIGHTS[kind] for kind in (Kind.CUT, Kind.CUT_AFTER, Kind.DELAY, Kind.STALL)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """`draw` gives a world's quirks of the register and options of the driver.

    `commands`: codes that a fault may wait for, in groups as likely as each other; `making` closes a receipt. `errors`:
    what a drive's refusal may be, empty: the family's usual. `strikes`: what may happen to the line and how often,
    within `reach` bytes. `states`: the tags that a command on its way to the register states, of its bytes.

    Real processes: their `wires`, the `scheme` of a link over TCP, `waited`: what faults wait for, empty: all commands,
    `making` thrice as likely; `set_up` of the driver's options.
    """

    name: str
    draw: Callable[[Random], Drawn]
    commands: tuple[tuple[int, ...], ...]
    making: int
    states: Callable[[bytes], frozenset[int]]
    ffds: tuple[FfdVersion, ...] = tuple(FfdVersion)
    errors: tuple[int, ...] = ()
    strikes: Mapping[Kind, int] = field(default_factory=lambda: WEIGHTS)
    reach: Mapping[Way, int] = field(default_factory=lambda: REACH)
    reach_of_processes: Mapping[Way, int] = field(default_factory=lambda: REACH)
    waited: tuple[int, ...] = ()
    wires: tuple[str, ...] = ("tcp", "tcp", "tcp", "pty")
    scheme: str = "tcp:"
    web: bool = False
    set_up: Callable[[Random], dict[str, str]] = lambda rng: {}

    @property
    def waited_for(self) -> tuple[str | None, ...]:
        """As `POST /faults` takes them; None is any command."""
        codes = self.waited or (*(code for group in self.commands for code in group), *3 * [self.making])
        return (None, None, *(f"{code:X}" for code in codes))


def _shtrih(rng: Random) -> Drawn:
    quirks = frozenset(one for one in ("stray-ff", "leading-zeros", "bare-stx") if rng.random() < 0.15)
    enquiries = ("auto", "auto", "auto", "always")
    options = {"protocol": rng.choice(("auto", "auto", "1", "2")), "enq": rng.choice(enquiries)}
    if rng.random() < 0.1:
        quirks |= {"raw-vat-index"}
        options["vat_code"] = "row"
    return quirks, options


def _atol(rng: Random) -> Drawn:
    """The driver opens shifts and enters modes itself: neither of the other quirks may change what becomes of it."""
    quirks = frozenset(one for one in ("free-modes", "shift-by-receipt") if rng.random() < 0.15)
    options = {"protocol": rng.choice(("auto", "auto", "2", "3"))}
    if rng.random() < 0.1:
        quirks |= {"no-print-02"}
        options["no_print"] = "02"
    return quirks, options


def _atol_web(rng: Random) -> Drawn:
    return frozenset(), {"api": rng.choice(("v2", "v2", "v1"))}


def _pirit(rng: Random) -> Drawn:
    """Models one at a time; what its tax table lacks is refused, so a world in ten at most is told to lack some."""
    kind = rng.choice(("", "", "", "pirit-2f", "pirit-2sf"))
    rates = rng.choice(("vat-22", "old-vat")) if rng.random() < 0.1 else ""
    return frozenset({kind, rates} - {""}), {}


def _named(family: str, *names: str) -> tuple[int, ...]:
    """Codes of commands; KeyError for a name that the family does not know."""
    codes = {name: EMULATED[family].command_code(name) for name in names}
    return tuple(code if code is not None else {}[name] for name, code in codes.items())


__all__ = ["FAMILIES", "USUAL", "Family"]

_ROWS: Final = (
    Family(
        name="shtrih",
        draw=_shtrih,
        commands=(
            (0x10, 0x11, 0x8D, 0x88, 0x1A, 0x1B, 0x50, 0x51, 0x41, 0xE0),
            (0xFF01, 0xFF02, 0xFF0A, 0xFF0B, 0xFF0C, 0xFF3A, 0xFF40, 0xFF41, 0xFF43, 0xFF45, 0xFF46, 0xFF4A),
            (0xFF61, 0xFF67, 0xFF69, 0xFF70),
        ),
        making=0xFF45,
        states=spoilt.by_shtrih,
        # UNCONFIRMED codes of a drive's refusal that a driver may meet (shtrih_m §6).
        errors=(0x2F, 0x0B, 0x20, 0x06),
        # About what one receipt takes from the first command to the last.
        reach={Way.TO_REGISTER: 450, Way.TO_HOST: 800},
        waited=(0x10, 0x11, 0x8D, 0x88, 0xFF01, 0xFF0C, 0xFF3A, 0xFF40, 0xFF45, 0xFF45, 0xFF45, 0xFF46),
    ),
    Family(
        name="atol",
        draw=_atol,
        commands=(
            _named("atol", "get_state", "get_state_code", "read_register", "enter_mode", "leave_mode", "read_field"),
            _named("atol", "open_shift", "close_shift", "cash_in", "cash_out", "report", "find_document", "read_tlv"),
            _named(
                "atol", "open_receipt", "begin_item", "end_item", "write_tag", "pay", "receipt_tax", "cancel_receipt"
            ),
        ),
        making=_named("atol", "close_receipt")[0],
        states=spoilt.by_atol,
        ffds=(FfdVersion.V1_05, FfdVersion.V1_1),  # the wire's own (protocols.atol.models.WIRE_FFD)
        set_up=lambda rng: {"protocol": rng.choice(("auto", "2"))},
    ),
    Family(
        name="atol-web",
        draw=_atol_web,
        commands=(
            _named("atol-web", "http_add", "http_result", "http_cancel", "http_queue", "http_now"),
            _named("atol-web", "getDeviceStatus", "getShiftStatus", "getFnStatus", "openShift", "closeShift"),
            _named("atol-web", "sell", "cashIn", "cashOut", "reportX", "getFnDocument"),
        ),
        making=_named("atol-web", "sell")[0],
        states=lambda chunk: frozenset(),
        strikes=_STREAM,
        reach={Way.TO_REGISTER: 6000, Way.TO_HOST: 8000},
        reach_of_processes={Way.TO_REGISTER: 6000, Way.TO_HOST: 8000},
        wires=("tcp",),
        scheme="http://",
        web=True,
    ),
    Family(
        name="pirit",
        draw=_pirit,
        commands=(
            _named("pirit", "status", "printer_status", "begin_work", "cancel_document", "read_setting", "read_clock"),
            _named("pirit", "last_document", "drive_state", "shift_state", "archived", "select_document", "read_tlv"),
            _named("pirit", "open_shift", "close_shift", "x_report", "open_document", "add_item", "item_details"),
            _named("pirit", "payment", "subtotal", "correction", "cash_in_out", "document_tag", "check_code"),
        ),
        making=_named("pirit", "close_document")[0],
        states=spoilt.by_pirit,
        ffds=(FfdVersion.V1_05, FfdVersion.V1_2),
    ),
)
#: By the name that configuration and command line use.
FAMILIES: Final[Mapping[str, Family]] = {row.name: row for row in _ROWS}
