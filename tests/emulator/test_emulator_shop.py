"""A whole shop in one process and in virtual time: real drives and OFD, a stand-in for the register around them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from virtual_loop import virtual

from emulator import families
from emulator.channels import Channel
from emulator.families import Family
from emulator.faults import FaultPoint, no_names
from emulator.fiscal_drive import FiscalDrive
from emulator.ofd import Behaviour
from emulator.plans import Plan, RegisterPlan
from emulator.registers.base import Device, Power, Settings
from emulator.rim import Clock
from emulator.shop import Shop
from emulator.storage import StorageError
from protocols.ffd.enums import DocumentCode, FfdVersion

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
REPORT = b"\x21"


class Reporter(Device):
    """Every byte makes a state report (document 21) and is answered with the drive's last document number."""

    def __init__(self, power: Power) -> None:
        self.faults = power.faults
        self.by_hand = power.by_hand
        self.storage = power.storage
        self.drive = FiscalDrive(
            power.storage, now=power.now, rng=power.random, ffd=power.settings.ffd, on_commit=self._commit
        )

    def _commit(self, phase: str) -> None:
        self.faults.at_commit(0x21, FaultPoint.COMMIT if phase == "before" else FaultPoint.COMMITTED, timeout=0x2F)

    async def serve(self, channel: Channel) -> None:
        while await channel.read():
            self.drive.commit(DocumentCode.STATE_REPORT)
            await channel.write(bytes([self.drive.last_document]))

    def state(self) -> dict[str, Any]:
        return {}

    def paper_text(self, last: int | None = None) -> str:
        return ""

    def paper_image(self, last: int | None = None) -> bytes:
        return b""

    def set_paper(self, *, present: bool) -> None:
        self.storage.put("paper", present)

    def set_cover(self, *, open_: bool) -> None: ...

    def heal(self) -> None: ...


@pytest.fixture(autouse=True)
def reporter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        families,
        "FAMILIES",
        {"reporter": Family(title="", listen="", build=Reporter, command_code=no_names, quirks=dict)},
    )


def plan(*names: str, state: Path | None = None, ffd: FfdVersion | None = None) -> Plan:
    return Plan(
        registers=tuple(
            RegisterPlan(settings=Settings(name=name, ffd=ffd), family="reporter", state=state and state / name)
            for name in names or ("kkt-1",)
        ),
        with_ofd=True,
        ofd_state=state and state / "ofd",
    )


def shop_of(plan: Plan, seed: int = 1) -> Shop:
    return Shop(plan, clock=Clock(START, ticks=asyncio.get_running_loop().time), random=Random(seed))


async def report(shop: Shop, register: str = "kkt-1") -> bytes:
    host = shop.connect(register)
    await host.write(REPORT)
    answer = await host.read(timeout=5)
    host.close()
    return answer


def received(shop: Shop) -> list[tuple[str, int]]:
    return [(one.drive, one.number) for one in shop.received() or []]


@virtual
async def test_documents_reach_the_shop_s_own_ofd_and_are_confirmed() -> None:
    shop = shop_of(plan("kkt-1", "kkt-2"))
    await shop.start()
    assert await report(shop) == b"\x02"
    await asyncio.sleep(1)
    drives = [register.device.drive for register in shop.registers.values()]
    assert sorted(received(shop)) == sorted([(drives[0].number, 1), (drives[0].number, 2), (drives[1].number, 1)])
    assert [drive.backlog.count for drive in drives] == [0, 0]
    assert shop.state()["ofd"] == {"listen": [], "documents": 3}
    await shop.close()


@virtual
async def test_an_ofd_that_misbehaves_gets_the_document_again() -> None:
    shop = shop_of(plan())
    await shop.start()
    await asyncio.sleep(1)
    assert shop.ofd is not None
    shop.ofd.misbehave(Behaviour.REFUSE, 3)
    await report(shop)
    await asyncio.sleep(1)
    assert len(received(shop)) == 1
    await asyncio.sleep(60)
    assert len(received(shop)) == 2
    assert shop.registers["kkt-1"].device.drive.backlog.count == 0
    await shop.close()


@virtual
@pytest.mark.parametrize(("kind", "kept"), [("power_before_commit", 1), ("power_after_commit", 2)])
async def test_power_fails_around_the_drive_s_commit(kind: str, kept: int) -> None:
    shop = shop_of(plan())
    await shop.start()
    register = shop.registers["kkt-1"]
    register.faults.add(register.faults.parse({"kind": kind, "seconds": 30}))
    assert await report(shop) == b""
    assert not register.powered
    assert len(register.documents()) == kept
    await asyncio.sleep(31)
    assert register.powered
    assert await report(shop) == bytes([kept + 1])
    await asyncio.sleep(1)
    assert [number for _, number in received(shop)] == list(range(1, kept + 2))
    await shop.close()


@virtual
async def test_a_power_cut_ends_connections_and_a_second_one_in_the_dark_changes_nothing() -> None:
    shop = shop_of(plan())
    await shop.start()
    register = shop.registers["kkt-1"]
    idle = shop.connect("kkt-1")
    await asyncio.sleep(1)
    register.power_fail(10)
    register.power_fail(1000)
    assert await idle.read(timeout=1) == b""
    assert idle.closed
    await asyncio.sleep(11)
    assert await report(shop) == b"\x02"
    await shop.close()


@virtual
async def test_the_same_seed_makes_the_same_shop_and_reset_returns_to_it() -> None:
    one, other, third = shop_of(plan()), shop_of(plan()), shop_of(plan(), seed=2)
    for shop in (one, other, third):
        await shop.start()
    first = [record.tlv for record in one.registers["kkt-1"].documents()]
    assert [record.tlv for record in other.registers["kkt-1"].documents()] == first
    assert [record.tlv for record in third.registers["kkt-1"].documents()] != first
    await report(one)
    one.clock.advance(1000)
    await asyncio.sleep(100)
    await one.reset()
    assert [record.tlv for record in one.registers["kkt-1"].documents()] == first
    assert received(one) == []
    for shop in (one, other, third):
        await shop.close()


@virtual
async def test_state_directories_hold_what_was_and_refuse_another_ffd(tmp_path: Path) -> None:
    shop = shop_of(plan(state=tmp_path, ffd=FfdVersion.V1_05))
    await shop.start()
    await report(shop)
    await asyncio.sleep(1)
    before = received(shop)
    await shop.close()
    again = shop_of(plan(state=tmp_path), seed=99)  # no ФФД asked: the state's
    await again.start()
    assert received(again) == before
    assert await report(again) == b"\x03"
    await again.close()
    other = shop_of(plan(state=tmp_path, ffd=FfdVersion.V1_2))
    with pytest.raises(StorageError, match=r"1\.05"):
        await other.start()
    await other.close()


@virtual
async def test_a_state_of_another_family_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = shop_of(plan(state=tmp_path))
    await shop.start()
    await shop.reset()
    await shop.close()
    monkeypatch.setattr(families, "FAMILIES", dict.fromkeys(("reporter", "writer"), families.FAMILIES["reporter"]))
    row = RegisterPlan(settings=Settings(), family="writer", state=tmp_path / "kkt-1")
    other = shop_of(Plan(registers=(row,)))
    with pytest.raises(StorageError, match="family reporter, not writer"):
        await other.start()
    await other.close()


@virtual
async def test_the_clock_catches_up_with_a_state_from_later(tmp_path: Path) -> None:
    shop = shop_of(plan(state=tmp_path))
    await shop.start()
    shop.clock.advance(86_400 * 3)
    await report(shop)
    await shop.close()
    again = shop_of(plan(state=tmp_path))
    await again.start()
    assert again.clock() - START >= timedelta(days=3)
    assert await report(again) == b"\x03"
    await again.close()


def new_roll(device: Device) -> None:
    device.set_paper(present=True)


@virtual
async def test_a_hand_acts_on_the_register_that_has_power_then() -> None:
    shop = shop_of(plan())
    await shop.start()
    register = shop.registers["kkt-1"]
    register.device.by_hand(1, new_roll)
    register.device.by_hand(5, lambda device: device.storage.put("hand", device is register.device))
    await asyncio.sleep(1)
    assert register.storage.get("paper")
    old = register.device
    register.power_fail(10)
    await asyncio.sleep(9)
    assert register.storage.get("hand") is None
    await asyncio.sleep(1)
    assert register.device is not old
    assert register.storage.get("hand")
    await shop.close()


@pytest.mark.parametrize("end", ["close", "reset"])
@virtual
async def test_no_hand_reaches_a_register_that_is_gone(end: str) -> None:
    failures: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    shop = shop_of(plan())
    await shop.start()
    register = shop.registers["kkt-1"]
    register.device.by_hand(1, new_roll)
    register.power_fail(2)
    await asyncio.sleep(1)  # it waits for the power now
    register.device.by_hand(1, new_roll)
    await getattr(shop, end)()
    await asyncio.sleep(10)
    assert failures == []
    if end == "reset":
        assert register.storage.get("paper") is None
        await shop.close()


@virtual
async def test_a_newer_in_process_connection_ends_the_older() -> None:
    shop = shop_of(plan())
    await shop.start()
    old = shop.connect("kkt-1")
    new = shop.connect("kkt-1")
    assert await old.read(timeout=1) == b""
    assert old.closed
    await new.write(REPORT)
    assert await new.read(timeout=1) == b"\x02"
    with pytest.raises(KeyError):
        shop.connect("kkt-9")
    await shop.close()
