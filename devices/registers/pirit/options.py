"""Switches of the Пирит driver, per register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devices.errors import RequestError
from protocols.pirit.framing import PASSWORD


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`password` of the link (setting 20): four characters."""

    password: bytes = PASSWORD

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Options:
        """From configuration; RequestError names what is unknown."""
        password = PASSWORD
        for name, value in values.items():
            if name != "password" or len(value) != len(PASSWORD) or not (value.isascii() and value.isprintable()):
                raise RequestError(
                    f"option {name}={value!r} is unknown to the Пирит driver",
                    hint="Исправьте настройки: password=PIRI (пароль связи, четыре латинских знака).",
                    code="option_unknown",
                )
            password = value.encode()
        return cls(password=password)
