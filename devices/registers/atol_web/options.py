"""Switches of the driver of ATOL's web server, per register."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from devices.errors import RequestError

_APIS = ("v2", "v1")
#: Seconds that a check of one code may wait for the marking system; the server's own default is 60.
_LONGEST_WAIT = 60
_DEVICE = re.compile(r"[a-zA-Z0-9_-]{1,16}").fullmatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`api`: v2 ("Web Requests"), or v1 of older servers, which know one register and no names. `device` is the
    `deviceID` of the register at the server, "" its default one; `login` and `password` are HTTP Basic's.
    `marking_wait`: seconds that the marking system has for one code.
    """

    api: str = "v2"
    device: str = ""
    login: str = ""
    password: str = ""
    marking_wait: int = 30

    @property
    def authorization(self) -> str | None:
        """The header, None where nobody is to be named."""
        if not self.login:
            return None
        return "Basic " + b64encode(f"{self.login}:{self.password}".encode()).decode("ascii")

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Options:
        """From configuration; RequestError names what is unknown."""
        for name, value in values.items():
            fine = {
                "api": value in _APIS,
                "device": _DEVICE(value) is not None,
                "login": bool(value) and ":" not in value,
                "password": bool(value),
                "marking_wait": value.isascii() and value.isdigit() and 1 <= int(value) <= _LONGEST_WAIT,
            }
            if not fine.get(name, False):
                said = "..." if name == "password" else repr(value)
                raise RequestError(
                    f"option {name}={said} is unknown to the driver of ATOL's web server",
                    hint="Исправьте настройки: api=v2|v1, device=имя устройства в веб-сервере (латинские буквы, цифры, "
                    "- и _, до 16), login=…, password=…, marking_wait=1–60 (секунд).",
                    code="option_unknown",
                )
        return cls(
            api=values.get("api", "v2"),
            device=values.get("device", ""),
            login=values.get("login", ""),
            password=values.get("password", ""),
            marking_wait=int(values.get("marking_wait", "30")),
        )
