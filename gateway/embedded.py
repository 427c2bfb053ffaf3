"""The emulated shop inside the gateway's process: for `demo`, `--emulated` and `emulated:` links.

The only module that imports the emulator. Its state lives in the data directory; its clock is the gateway's clock.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl

from devices.errors import GatewayError, RequestError
from devices.links.base import Link
from devices.links.pair import PairLink
from devices.registers.factory import FAMILIES as DRIVEN
from emulator.control import Control
from emulator.families import FAMILIES
from emulator.labels import draw
from emulator.marking.keys import signed
from emulator.plans import Plan, RegisterPlan
from emulator.registers.base import Settings
from emulator.rim import Clock
from emulator.scanners import Setup, parse_setup
from emulator.shop import Shop as EmulatedShop
from emulator.storage import StorageError
from gateway.emulated import EMULATED, is_emulated
from gateway.marking.permit.settings import PermitSettings
from protocols.ffd.enums import FfdVersion


def register_plan(name: str, link: str, serial: int, directory: Path) -> RegisterPlan:
    """What `emulated:shtrih?ffd=1.05&quirk=stray-ff&speed=real` asks for; RequestError names the faulty part."""
    family, _, options = link.removeprefix(EMULATED).partition("?")
    if family not in FAMILIES:
        raise _refused(link, f"no emulated register of family {family!r}; known: {', '.join(FAMILIES)}")
    given = parse_qs(options, keep_blank_values=True)
    unknown = sorted(set(given) - {"ffd", "quirk", "speed"})
    if unknown:
        raise _refused(link, f"unknown option {unknown[0]!r}; known: ffd, quirk, speed")
    wanted = given.get("ffd", ["1.2"])[-1]
    version = next((one for one in FfdVersion if str(one) == wanted), None)
    if version is None:
        raise _refused(link, f"ffd is 1.05, 1.1 or 1.2, not {wanted!r}")
    quirks = frozenset(given.get("quirk", []))
    strange = sorted(quirks - set(FAMILIES[family].quirks()))
    if strange:
        raise _refused(link, f"unknown quirk {strange[0]!r}; known: {', '.join(sorted(FAMILIES[family].quirks()))}")
    speed = given.get("speed", ["instant"])[-1]
    if speed not in {"instant", "real"}:
        raise _refused(link, f"speed is instant or real, not {speed!r}")
    settings = Settings(name=name, ffd=version, quirks=quirks, real_speed=speed == "real", serial=serial)
    return RegisterPlan(settings=settings, family=family, state=directory / name)


def scanner_setup(link: str) -> Setup:
    """What `emulated:scanner?as=keyboard&aim=no&gs=f8` asks for; RequestError names the faulty part."""
    try:
        return parse_setup(dict(parse_qsl(link.partition("?")[2], keep_blank_values=True)))
    except ValueError as error:
        raise RequestError(
            f"{link}: {error}", hint="Исправьте ссылку на эмулируемый сканер в настройках.", code="link_invalid"
        ) from error


class EmbeddedShop:
    """`links` and `scanners` map names to `emulated:` links of registers and scanners; other links are left alone.

    `directory` keeps the state.

    Made closed: `start` it before its links are opened. `ticks` replaces real time (a virtual loop's `time`).
    """

    def __init__(
        self,
        directory: Path,
        links: Mapping[str, str],
        *,
        scanners: Mapping[str, str] | None = None,
        rng: random.Random | None = None,
        ticks: Callable[[], float] | None = None,
    ) -> None:
        ours = {name: link for name, link in links.items() if is_emulated(link)}
        plans = [register_plan(name, link, serial, directory) for serial, (name, link) in enumerate(ours.items(), 1)]
        self._clock = Clock() if ticks is None else Clock(ticks=ticks)
        self.shop = EmulatedShop(
            Plan(
                registers=tuple(plans),
                with_ofd=True,
                ofd_state=directory / "ofd",
                with_oism=True,
                oism_state=directory / "oism",
                scanners={name: scanner_setup(link) for name, link in (scanners or {}).items() if is_emulated(link)},
            ),
            clock=self._clock,
            random=rng,
        )
        self._control: Control | None = None

    def now(self) -> datetime:
        """The shop's clock, which `POST /clock` of the control server moves."""
        return self._clock()

    async def start(self) -> None:
        """Switch everything on; GatewayError where the state cannot be used."""
        try:
            await self.shop.start()
        except StorageError as error:
            raise GatewayError(
                f"the emulated shop cannot use its state ({error}); stop the other gateway or use another --data-dir",
                hint="Состояние эмулятора занято или повреждено: остановите другой экземпляр или смените --data-dir.",
                code="emulator_state",
            ) from error

    async def serve_control(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Serve the emulator's control; answers its URL. GatewayError where the address is refused."""
        self._control = Control(self.shop)
        try:
            return await self._control.start(host, port)
        except OSError as error:
            raise GatewayError(
                f"the emulator's control cannot listen on {host}:{port}: {error.strerror}; choose another --control",
                hint="Адрес управления эмулятором занят: задайте в --control другой порт.",
                code="address_in_use",
            ) from error

    def link(self, register: str) -> Link:
        """A closed link to one of the registers."""
        web = DRIVEN[self.shop.registers[register].plan.family].web
        return PairLink(lambda: self.shop.connect(register), name=f"{EMULATED}{register}", web=web)

    def scanner_link(self, scanner: str) -> Link:
        """A closed link to one of the scanners."""
        return PairLink(self.shop.scanners[scanner].connect, name=f"{EMULATED}{scanner}")

    async def close(self) -> None:
        """Switch everything off; the state stays in the data directory."""
        if self._control is not None:
            await self._control.close()
        await self.shop.close()


def permit(control: str, services: Iterable[str]) -> PermitSettings:
    """`[permit]` that asks these of the services (cdn, local, piot) beside a control server, by its URL."""
    own = {
        "cdn": {"api_key": "emulated"},
        "local": {},
        "piot": {"id": "emulated", "token": "emulated"},  # the emulated service's word # nosec B105
    }
    return PermitSettings.model_validate({name: {"address": f"{control}/{name}", **own[name]} for name in services})


def label(cis: bytes) -> bytes:
    """A picture (PNG) of the label of marked goods: a code that the emulated marking system takes for genuine."""
    picture = BytesIO()
    draw(signed(cis)).save(picture, format="PNG")
    return picture.getvalue()


def _refused(link: str, why: str) -> RequestError:
    return RequestError(
        f"{link}: {why}", hint="Исправьте ссылку на эмулируемую кассу в настройках.", code="link_invalid"
    )
