"""Switches of the Shtrih-M driver, per register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devices.errors import RequestError

_CHOICES = {"protocol": ("auto", "1", "2"), "enq": ("auto", "always"), "vat_code": ("mask", "row")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`password` is that of operator 30 unless changed; `vat_code` chooses between two conflicting sources (§4.1)."""

    protocol: str = "auto"  # auto: v1, and v2 where the device is silent to v1
    enq: str = "auto"  # always: ENQ before every command
    vat_code: str = "mask"  # the tax byte of FF46: bit mask, or row of table 6
    password: int = 30

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Options:
        """From configuration; RequestError names what is unknown."""
        password = 30
        texts: dict[str, str] = {}
        for name, value in values.items():
            if name == "password" and value.isascii() and value.isdigit() and int(value) < 2**32:
                password = int(value)
            elif value in _CHOICES.get(name, ()):
                texts[name] = value
            else:
                raise RequestError(
                    f"option {name}={value!r} is unknown to the Shtrih-M driver",
                    hint="Исправьте настройки: protocol=auto|1|2, enq=auto|always, vat_code=mask|row, password=30.",
                    code="option_unknown",
                )
        return cls(password=password, **texts)
