"""`[permit]` of the configuration. Without a service in it permit mode is off."""

from __future__ import annotations

import ipaddress
import re
import ssl
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from gateway.marking.permit.policy import GROUPS, NoAnswer

#: What may stand in a header and in JSON alike.
_KEY = re.compile(r"[!-~]{1,512}").fullmatch
DEFAULT_RULE = "default"


def on_this_machine(address: str) -> bool:
    """Whether a URL's host is loopback."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(address: str) -> str:
    try:
        parts = urlsplit(address)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{address!r} is no address of a service; write it as https://host:port")
    if parts.scheme == "http" and not on_this_machine(address):
        raise ValueError(f"{address!r}: keys and codes must not cross a network in the clear; use https://")
    return address.rstrip("/")


def _secret(secret: SecretStr) -> SecretStr:
    if _KEY(secret.get_secret_value()) is None:
        raise ValueError("it must be 1 to 512 printable characters without spaces")
    return secret


def _certificate(path: Path) -> Path:
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"no certificate can be read from {path}: {error}") from error
    return path


Address = Annotated[str, AfterValidator(_address)]
Secret = Annotated[SecretStr, AfterValidator(_secret)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CdnSettings(_Section):
    """The True API, online. `address` is where the list of its hosts is fetched."""

    api_key: Secret
    address: Address = "https://cdn.crpt.ru"


class LocalSettings(_Section):
    """The local module ЛМ ЧЗ. With `initialise` the gateway gives it the CDN's key when it is not configured."""

    address: Address = "http://127.0.0.1:5995"
    version: Literal[1, 2] = 2
    user: str = Field(default="admin", min_length=1, max_length=64, pattern=r"^[^:\s]+$")
    password: Secret = SecretStr("admin")
    initialise: bool = False


class PiotSettings(_Section):
    """ТС ПИоТ. `name`, `id` and `token` are this program's in the register of ГИС МТ."""

    address: Address = "https://127.0.0.1:51401"
    version: Literal[1, 2, 3] = 3
    name: str = Field(default="fiscal-gateway", min_length=1, max_length=128)
    id: str = Field(min_length=1, max_length=128)
    token: Secret
    # PEM to trust; without one any certificate does on this machine, where the service makes its own
    certificate: Annotated[Path, AfterValidator(_certificate)] | None = None


class PermitSettings(_Section):
    """Who is asked, and what becomes of a sale when nobody answers."""

    cdn: CdnSettings | None = None
    local: LocalSettings | None = None
    piot: PiotSettings | None = None
    no_answer: dict[str, NoAnswer] = {}

    @property
    def enabled(self) -> bool:
        return any(one is not None for one in (self.cdn, self.local, self.piot))

    @model_validator(mode="after")
    def _consistent(self) -> PermitSettings:
        faults = []
        if self.cdn is not None and self.piot is not None:
            faults.append("`cdn` and `piot` exclude each other: ТС ПИоТ asks the marking system by itself")
        if self.local is not None and self.local.initialise and self.cdn is None:
            faults.append("`local.initialise` needs the key of `cdn`")
        unknown = sorted(set(self.no_answer) - set(GROUPS) - {DEFAULT_RULE})
        if unknown:
            faults.append(f"`no_answer`: no product group {unknown[0]!r}; known: {DEFAULT_RULE}, {', '.join(GROUPS)}")
        if faults:
            raise ValueError("; ".join(faults))
        return self
