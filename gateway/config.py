"""The daemon's configuration: TOML plus environment, checked whole before anything starts.

`FISCAL_GATEWAY_SERVER__PORT=8400` overrides `[server] port`. Unknown keys are refused by name; every fault is told at
once (`ConfigError.faults`), and the command line ends with status 78, which systemd does not restart.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError

from devices.errors import RequestError
from devices.links.parse import parse_link
from devices.registers import factory as registers
from devices.registers.timing import Timeouts
from devices.scanners import factory as scanners
from devices.scanners.base import Options as ScannerOptions
from gateway.emulated import is_emulated
from gateway.journal.retention import LEAST_YEARS
from gateway.marking.permit.settings import PermitSettings
from gateway.orders.attention import Calendar
from gateway.orders.policy import Policy
from gateway.scanners.repeats import WINDOW
from protocols.ffd import checks
from protocols.scanner.framing import AUTO

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

APPLICATION = "fiscal-gateway"
ENVIRONMENT_PREFIX = "FISCAL_GATEWAY_"
#: In the data directory: where the daemon listens while it runs, and the token made at its first start.
ADDRESS_FILE = "address"
ADMIN_TOKEN_FILE = "admin.token"  # noqa: S105 — a file's name # nosec B105

#: Addresses that stand for every address of the machine.
WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 — compared with, never listened on by themselves # nosec B104

EXIT_CONFIGURATION = 78  # EX_CONFIG of sysexits.h


class ConfigError(Exception):
    """The configuration cannot be used; `faults` lists every reason as (place, what is wrong)."""

    def __init__(self, source: str, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{place}: {why}" for place, why in faults))
        self.source = source
        self.faults = faults


def is_loopback(host: str) -> bool:
    """Whether nobody outside this machine reaches `host` (an address or a name)."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"no such time zone: {name!r}; write it as Europe/Moscow") from error
    return name


def _known_link(link: str) -> str:
    try:
        if is_emulated(link):
            from gateway.embedded import register_plan  # a real shop never loads the emulator

            register_plan("checked", link, 1, Path())
        else:
            parse_link(link)
    except RequestError as error:
        raise ValueError(error.detail) from error
    return link


def _known_scanner(link: str) -> str:
    try:
        scanners.check(link)
        if is_emulated(link):
            from gateway.embedded import scanner_setup

            scanner_setup(link)
    except RequestError as error:
        raise ValueError(error.detail) from error
    return link


def _one_or_many(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


def _known_timeouts(timeouts: dict[str, float]) -> dict[str, float]:
    try:
        Timeouts.of(timeouts)
    except RequestError as error:
        raise ValueError(error.detail) from error
    return timeouts


def _known_family(family: str) -> str:
    try:
        registers.check_family(family)
    except RequestError as error:
        raise ValueError(error.detail) from error
    return family


def _known_options(options: dict[str, str], about: ValidationInfo) -> dict[str, str]:
    """Of the family that stands before them, where that is one."""
    try:
        registers.check_options(about.data.get("family", registers.AUTO), options)
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


_LABEL = r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*").fullmatch


def host_name(entry: str) -> str:
    """The name or address of a `hosts` entry, which may have a port: "kassa.local:8443", "[::1]:80", "::1"."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0].lower()
    return (entry.partition(":")[0] if entry.count(":") == 1 else entry).lower()


def is_address(name: str) -> bool:
    """Whether a name is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _known_name(entry: str) -> str:
    name = host_name(entry)
    if not is_address(name) and _NAME(name) is None:
        raise ValueError(f"{entry!r} is no name or address of a machine; write it as kassa.local or 192.168.1.10")
    return entry


def _known_host(host: str) -> str:
    if host != "localhost" and not is_address(host):
        raise ValueError(f"{host!r} is no address to listen on; write it as 127.0.0.1, 192.168.1.10 or 0.0.0.0")
    return host


def _repeated(words: list[str]) -> list[str]:
    return sorted({word for word in words if words.count(word) > 1})


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Section):
    """Where the HTTP API listens, with which certificate, and which browsers may call it."""

    host: Annotated[str, AfterValidator(_known_host)] = "127.0.0.1"
    port: int = Field(default=8321, ge=0, le=65535)
    # further names in the Host header that are ours; a local certificate is made for them
    hosts: tuple[Annotated[str, AfterValidator(_known_name)], ...] = ()
    # pages that may call us: exact matches, none by default
    origins: tuple[Annotated[str, AfterValidator(_known_origin)], ...] = ()
    metrics_without_token: bool = False
    # at once; beyond it a newcomer takes the place of who has no token or is idle (gateway/api/server.py)
    max_connections: int = Field(default=2048, ge=16, le=65_536)
    tls: Literal["off", "local", "files"] = "off"
    certificate: Path | None = None  # PEM, the server's first, then those between it and the root
    key: Path | None = None  # PEM, without a password
    # For a proxy or a container network that nobody else can listen to; warned of at every start.
    insecure_plain_http: bool = False

    @property
    def scheme(self) -> str:
        """How callers' addresses begin."""
        return "http" if self.tls == "off" else "https"

    @model_validator(mode="after")
    def _consistent(self) -> ServerSettings:
        faults = []
        if self.tls == "off" and not is_loopback(self.host) and not self.insecure_plain_http:
            faults.append(
                f"host {self.host!r} is not loopback, and receipts must not cross a network in the clear: "
                'set tls = "local" (a certificate of its own) or tls = "files", or keep 127.0.0.1'
            )
        if self.tls == "local" and self.host in WILDCARDS and not self.hosts:
            faults.append('tls = "local" needs `hosts`: the names and addresses by which this machine is called')
        if (self.tls == "files") != (self.certificate is not None and self.key is not None):
            faults.append('tls = "files" goes with both `certificate` and `key`, and they with it')
        if faults:
            raise ValueError("; ".join(faults))
        return self


class RegisterSettings(_Section):
    """One fiscal register."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    family: Annotated[str, AfterValidator(_known_family)] = registers.AUTO
    link: Annotated[str, AfterValidator(_known_link)]
    zone: Annotated[str, AfterValidator(_known_zone)] = "Europe/Moscow"
    shift: Literal["auto", "manual"] = "auto"
    close_shift_at: datetime.time | None = None
    queue_limit: int = Field(default=50_000, ge=1, le=1_000_000)
    timeouts: Annotated[dict[str, float], AfterValidator(_known_timeouts)] = {}
    # the family's own switches: `Options` of its driver
    options: Annotated[dict[str, str], AfterValidator(_known_options)] = {}


class ScannerSettings(_Section):
    """One scanner, and how it was set up where that differs from the usual (docs/scanners.md)."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    link: Annotated[str, AfterValidator(_known_scanner)]
    prefix: str = ""  # text before each code; an AIM id needs none
    suffix: str = AUTO  # auto cr lf crlf tab etx none, or text
    gs: Annotated[tuple[str, ...], BeforeValidator(_one_or_many)] = ()  # what it sends instead of GS
    gap_ms: int = ScannerOptions().gap_ms  # silence that ends a code without a suffix
    caps_lock: bool = False
    window: float = Field(default=WINDOW, ge=0, le=60)  # seconds within which the same code is no second scan

    @property
    def options(self) -> ScannerOptions:
        """As the scanner's driver takes them."""
        return ScannerOptions(
            prefix=self.prefix, suffix=self.suffix, gs=self.gs, gap_ms=self.gap_ms, caps_lock=self.caps_lock
        )

    @model_validator(mode="after")
    def _consistent(self) -> ScannerSettings:
        try:
            self.options  # noqa: B018 — made to be looked at
        except RequestError as error:
            raise ValueError(error.detail) from error
        return self


class JournalSettings(_Section):
    """How long receipts are kept whole; keys, digests and fiscal data are kept for ever."""

    keep_years: int = Field(default=LEAST_YEARS, ge=LEAST_YEARS, le=100)


class CashierSettings(_Section):
    """Who is named on documents when the caller names nobody (tags 1021, 1203)."""

    name: str = Field(min_length=1, max_length=64)
    inn: Annotated[str, AfterValidator(_valid_inn)] | None = None


class OrderSettings(_Section):
    """Orders: the shop's policy, and its days (docs/orders.md)."""

    policy: Policy = Policy()
    zone: Annotated[str, AfterValidator(_known_zone)] = "Europe/Moscow"
    holidays: tuple[datetime.date, ...] = ()  # days besides Saturdays and Sundays on which nobody works
    idle_days: int = Field(default=30, ge=1, le=3650)  # money held so long without any movement is told

    @property
    def calendar(self) -> Calendar:
        """As the orders' alarms take them."""
        return Calendar(
            zone=ZoneInfo(self.zone),
            holidays=frozenset(self.holidays),
            idle=datetime.timedelta(days=self.idle_days),
        )


class Settings(_Section):
    """The whole configuration."""

    server: ServerSettings = ServerSettings()
    registers: tuple[RegisterSettings, ...] = ()
    scanners: tuple[ScannerSettings, ...] = ()
    cashier: CashierSettings | None = None
    journal: JournalSettings = JournalSettings()
    permit: PermitSettings = PermitSettings()
    orders: OrderSettings = OrderSettings()
    data_dir: Path = Path(platformdirs.user_data_dir(APPLICATION))
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    trace_days: int = Field(default=30, ge=1, le=3650)

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        names = [register.name for register in self.registers] + [scanner.name for scanner in self.scanners]
        links = [one.link for one in self.registers] + [one.link for one in self.scanners]
        faults = []
        if twice := _repeated(names):
            faults.append(f"these names are given twice: {', '.join(twice)}")
        if shared := _repeated([link for link in links if not is_emulated(link)]):
            faults.append(f"two devices on one link: {', '.join(shared)}; a port has one owner")
        if faults:
            raise ValueError("; ".join(faults))
        return self


class _Environment(BaseSettings, Settings):
    """Which environment variables there are."""

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__")


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
    try:
        values = _over(_over(values, EnvSettingsSource(_Environment)()), overrides or {})
    except SettingsError as error:
        raise ConfigError(source, [("environment", str(error))]) from error
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigError(source, _all_faults(values, error)) from error


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` wins; tables are merged."""
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _over(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return merged


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(str(path), [("file", f"cannot be read: {error.strerror}")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [("file", f"is not TOML: {error}")]) from error


_Place = tuple[int | str, ...]


def _all_faults(values: Mapping[str, Any], error: ValidationError) -> list[tuple[str, str]]:
    """Every fault of single settings, then those between settings, which pydantic only looks for when all else fits.

    So the faulty settings are taken away, until what is left is looked at as a whole.
    """
    faults = _faults(error, between=False)
    left: Any = values
    while True:
        before = left
        for place in sorted({_removable(fault) for fault in error.errors()}, key=_order, reverse=True):
            left = _without(left, place)
        try:
            Settings.model_validate(left)
        except ValidationError as deeper:
            faults += [fault for fault in _faults(deeper, between=True) if fault not in faults]
            error = deeper
        else:
            break
        if left == before:
            break
    return faults


def _removable(fault: ErrorDetails) -> _Place:
    """What to take away to get past a fault: the setting, or the table that lacks one; () for the whole."""
    place = fault["loc"]
    return place[:-1] if fault["type"] == "missing" else place


def _order(place: _Place) -> tuple[tuple[int, str], ...]:
    """Sorted backwards by this, no place moves another: later entries of a list first, parts before wholes."""
    return tuple((part, "") if isinstance(part, int) else (0, part) for part in place)


def _without(values: Any, place: _Place) -> Any:
    if not place:
        return values
    head, *rest = place
    if isinstance(values, Mapping):
        if head not in values:
            return values
        if not rest:
            return {key: value for key, value in values.items() if key != head}
        return {**values, head: _without(values[head], tuple(rest))}
    if isinstance(values, list | tuple) and isinstance(head, int) and head < len(values):
        kept = list(values)
        kept[head : head + 1] = [_without(values[head], tuple(rest))] if rest else []
        return kept
    return values


def _faults(error: ValidationError, *, between: bool) -> list[tuple[str, str]]:
    """`between` leaves out what only the taking away brought about: settings that are missing."""
    faults = []
    for fault in error.errors():
        if between and fault["type"] == "missing":
            continue
        place = ".".join(str(part) for part in fault["loc"]) or "configuration"
        # pydantic's words, but where they name classes of ours.
        known = {"extra_forbidden": "no such setting", "model_type": "a table is expected"}
        message = known.get(fault["type"], fault["msg"].removeprefix("Value error, "))
        faults.append((place, message))
    return faults
