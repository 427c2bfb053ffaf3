"""Switches of the Shtrih-M driver, per register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devices.errors import RequestError

_CHOICES = {"protocol": ("auto", "1", "2"), "enq": ("auto", "always"), "vat_code": ("mask", "row")}

#: Seconds; the driver gives a check 40 in all.
_LONGEST_WAIT = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`password` is that of operator 30 unless changed; `vat_code` chooses between two conflicting sources (§4.1).

    `marking_wait`: seconds that the register gives the marking server for one code (table 19 field 7, whose unit and
    effect are UNCONFIRMED); None leaves the register's own setting alone.
    """

    protocol: str = "auto"  # auto: v1, and v2 where the device is silent to v1
    enq: str = "auto"  # always: ENQ before every command
    vat_code: str = "mask"  # the tax byte of FF46: bit mask, or row of table 6
    password: int = 30
    marking_wait: int | None = None

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Options:
        """From configuration; RequestError names what is unknown."""
        password = 30
        marking_wait = None
        texts: dict[str, str] = {}
        for name, value in values.items():
            if name == "password" and value.isascii() and value.isdigit() and int(value) < 2**32:
                password = int(value)
            elif name == "marking_wait" and value.isascii() and value.isdigit() and 1 <= int(value) <= _LONGEST_WAIT:
                marking_wait = int(value)
            elif value in _CHOICES.get(name, ()):
                texts[name] = value
            else:
                raise RequestError(
                    f"option {name}={value!r} is unknown to the Shtrih-M driver",
                    hint="Исправьте настройки: protocol=auto|1|2, enq=auto|always, vat_code=mask|row, password=30, "
                    "marking_wait=1–30 (секунд).",
                    code="option_unknown",
                )
        return cls(password=password, marking_wait=marking_wait, **texts)
