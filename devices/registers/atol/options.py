"""Switches of the ATOL driver, per register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devices.errors import RequestError
from protocols.atol.commands.base import NO_PASSWORD
from protocols.atol.commands.receipts import DO_NOT_PRINT
from protocols.atol.statuses import SYSTEM

_PROTOCOLS = ("auto", "2", "3")
#: The flag of 92h that keeps a receipt off the paper: sources disagree.
_NO_PRINT = {"04": DO_NOT_PRINT, "02": 0x02}
#: Digits of the passwords: two bytes and four of BCD.
_ACCESS, _USER = 10**4, 10**8


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`password` of the user who enters modes (56h), the system administrator's unless changed; `access` stands before
    every command."""

    protocol: str = "auto"  # auto: 3, and 2 where the device is silent to 3
    password: int = SYSTEM
    access: int = NO_PASSWORD
    no_print: int = DO_NOT_PRINT

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Options:
        """From configuration; RequestError names what is unknown."""
        protocol, password, access, no_print = "auto", SYSTEM, NO_PASSWORD, DO_NOT_PRINT
        for name, value in values.items():
            number = int(value) if value.isascii() and value.isdigit() else -1
            if name == "protocol" and value in _PROTOCOLS:
                protocol = value
            elif name == "password" and 0 <= number < _USER:
                password = number
            elif name == "access" and 0 <= number < _ACCESS:
                access = number
            elif name == "no_print" and value in _NO_PRINT:
                no_print = _NO_PRINT[value]
            else:
                raise RequestError(
                    f"option {name}={value!r} is unknown to the ATOL driver",
                    hint="Исправьте настройки: protocol=auto|2|3, password=30, access=0, no_print=04|02.",
                    code="option_unknown",
                )
        return cls(protocol=protocol, password=password, access=access, no_print=no_print)
