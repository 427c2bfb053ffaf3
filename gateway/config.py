"""The daemon's configuration: TOML plus environment, checked whole before anything starts.

`FISCAL_GATEWAY_SERVER__PORT=8400` overrides `[server] port`. Unknown keys are refused by name; every fault is told at
once (`ConfigError.faults`), and the command line ends with status 78, which systemd does not restart.
"""

from __future__ import annotations

import datetime
import ipaddress
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from devices.errors import RequestError
from devices.links.parse import parse_link
from devices.registers.shtrih.options import Options
from devices.registers.timing import Timeouts
from protocols.ffd import checks

APPLICATION = "fiscal-gateway"
ENVIRONMENT_PREFIX = "FISCAL_GATEWAY_"
#: In the data directory: where the daemon listens while it runs, and the token made at its first start.
ADDRESS_FILE = "address"
ADMIN_TOKEN_FILE = "admin.token"  # noqa: S105 — a file's name

#: What the link of an emulated register begins with.
EMULATED = "emulated:"

EXIT_CONFIGURATION = 78  # EX_CONFIG of sysexits.h


class ConfigError(Exception):
    """The configuration cannot be used; `faults` lists every reason as (place, what is wrong)."""

    def __init__(self, source: str, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{place}: {why}" for place, why in faults))
        self.source = source
        self.faults = faults


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"no such time zone: {name!r}; write it as Europe/Moscow") from error
    return name


def _known_link(link: str) -> str:
    try:
        if link.startswith(EMULATED):
            from gateway.embedded import register_plan  # a real shop never loads the emulator

            register_plan("checked", link, 1, Path())
        else:
            parse_link(link)
    except RequestError as error:
        raise ValueError(error.detail) from error
    return link


def _known_timeouts(timeouts: dict[str, float]) -> dict[str, float]:
    try:
        Timeouts.of(timeouts)
    except RequestError as error:
        raise ValueError(error.detail) from error
    return timeouts


def _known_options(options: dict[str, str]) -> dict[str, str]:
    try:
        Options.of(options)
    except RequestError as error:
        raise ValueError(error.detail) from error
    return options


def _valid_inn(inn: str) -> str:
    fault = checks.inn_fault(inn)
    if fault is not None:
        raise ValueError(fault)
    return inn


def _known_origin(origin: str) -> str:
    parts = urlsplit(origin)
    if (
        parts.scheme not in {"http", "https"}
        or not parts.netloc
        or origin != f"{parts.scheme}://{parts.netloc}".lower()
    ):
        raise ValueError(f"{origin!r} is no origin; write it as browsers send it: https://shop.example.ru")
    return origin


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _loopback(host: str) -> str:
    if not _is_loopback(host):
        raise ValueError(
            f"{host!r} is not loopback, and receipts must not cross a network in the clear; "
            "keep 127.0.0.1 and put a TLS proxy (caddy, nginx) in front"
        )
    return host


def _repeated(words: list[str]) -> list[str]:
    return sorted({word for word in words if words.count(word) > 1})


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Section):
    """Where the HTTP API listens and which browsers may call it."""

    host: Annotated[str, AfterValidator(_loopback)] = "127.0.0.1"
    port: int = Field(default=8321, ge=0, le=65535)
    hosts: tuple[str, ...] = ()  # further names in the Host header that are ours
    # pages that may call us: exact matches, none by default
    origins: tuple[Annotated[str, AfterValidator(_known_origin)], ...] = ()
    metrics_without_token: bool = False


class RegisterSettings(_Section):
    """One fiscal register."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    family: Literal["shtrih", "auto"] = "auto"
    link: Annotated[str, AfterValidator(_known_link)]
    zone: Annotated[str, AfterValidator(_known_zone)] = "Europe/Moscow"
    shift: Literal["auto", "manual"] = "auto"
    close_shift_at: datetime.time | None = None
    queue_limit: int = Field(default=50_000, ge=1, le=1_000_000)
    timeouts: Annotated[dict[str, float], AfterValidator(_known_timeouts)] = {}
    # the family's own switches, see `devices.registers.factory.create`
    options: Annotated[dict[str, str], AfterValidator(_known_options)] = {}


class ScannerSettings(_Section):
    """A scanner's place in the configuration; this version does not read scanners yet and says so at start."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    link: str


class CashierSettings(_Section):
    """Who is named on documents when the caller names nobody (tags 1021, 1203)."""

    name: str = Field(min_length=1, max_length=64)
    inn: Annotated[str, AfterValidator(_valid_inn)] | None = None


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    server: ServerSettings = ServerSettings()
    registers: tuple[RegisterSettings, ...] = ()
    scanners: tuple[ScannerSettings, ...] = ()
    cashier: CashierSettings | None = None
    data_dir: Path = Path(platformdirs.user_data_dir(APPLICATION))
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    trace_days: int = Field(default=30, ge=1, le=3650)

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        names = [register.name for register in self.registers] + [scanner.name for scanner in self.scanners]
        links = [register.link for register in self.registers if not register.link.startswith(EMULATED)]
        faults = []
        if twice := _repeated(names):
            faults.append(f"these names are given twice: {', '.join(twice)}")
        if shared := _repeated(links):
            faults.append(f"two registers on one link: {', '.join(shared)}; a port has one owner")
        if faults:
            raise ValueError("; ".join(faults))
        return self


def standard_places() -> list[Path]:
    """Where `serve` looks for its configuration when none is named, best first."""
    return [
        Path(platformdirs.user_config_dir(APPLICATION)) / "config.toml",
        Path(platformdirs.site_config_dir(APPLICATION)) / "config.toml",
        Path("/etc") / APPLICATION / "config.toml",
    ]


def find_configuration() -> Path | None:
    """The first configuration file that exists at the standard places."""
    return next((place for place in standard_places() if place.is_file()), None)


def load(path: Path | None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings of a TOML file (or none); the environment wins over it, `overrides` (nested) over both.

    Raises ConfigError with every fault at once.
    """
    source = str(path) if path else "environment"
    values = _read(path) if path is not None else {}

    class Layered(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=values)

    try:
        return Layered(**(overrides or {}))
    except ValidationError as error:
        raise ConfigError(source, _faults(error)) from error
    except SettingsError as error:
        raise ConfigError(source, [("environment", str(error))]) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(str(path), [("file", f"cannot be read: {error.strerror}")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [("file", f"is not TOML: {error}")]) from error


def _faults(error: ValidationError) -> list[tuple[str, str]]:
    faults = []
    for fault in error.errors():
        place = ".".join(str(part) for part in fault["loc"]) or "configuration"
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            message = "no such setting"
        faults.append((place, message))
    return faults
