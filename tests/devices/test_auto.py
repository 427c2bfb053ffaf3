"""`family = "auto"`: whoever answers is driven by its own driver, today one family and tomorrow another."""

from __future__ import annotations

from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from till import CASHIER, Till, item, receipt, till
from virtual_loop import virtual

from devices.errors import LinkError, ProtocolError, RequestError
from devices.links.base import Link
from devices.links.pair import PairLink
from devices.registers.auto import LOYAL, AutoRegister
from devices.registers.base import Register, Warn
from devices.registers.factory import AUTO, FAMILIES, check_options, create
from devices.registers.settle import Exists, settle
from emulator.channels import PipeEnd, pipe
from emulator.families import FAMILIES as EMULATED


class Place(Link):
    """A port into which one register after another is plugged; None: a device that says nothing."""

    name = "serial:/dev/ttyACM0"

    def __init__(self) -> None:
        self.there: Till | bytes | None = None
        self.written = b""
        self._pair = PairLink(self._connect)

    def _connect(self) -> Any:
        if isinstance(self.there, Till):
            return self.there.emulated.connect()
        host, device = pipe()
        if isinstance(self.there, bytes):
            device._peer._inbox.feed(self.there)
        self._kept: PipeEnd = device
        return host

    @property
    def web(self) -> bool:  # type: ignore[override]
        return isinstance(self.there, Till) and FAMILIES[self.there.emulated.plan.family].web

    async def open(self) -> None:
        await self._pair.open()

    async def close(self) -> None:
        await self._pair.close()

    async def write(self, data: bytes) -> None:
        self.written += data
        await self._pair.write(data)

    async def read(self, timeout: float) -> bytes:
        return await self._pair.read(timeout)


async def plugged(stack: AsyncExitStack, family: str) -> Till:
    one = await stack.enter_async_context(till(family=family))
    await one.driver.close()
    return one


@pytest.mark.parametrize("family", FAMILIES)
def test_whoever_answers_sells_exactly_once(family: str) -> None:
    @virtual
    async def sells() -> None:
        async with AsyncExitStack() as stack:
            place = Place()
            place.there = one = await plugged(stack, family)
            register = create(AUTO, place)
            await register.connect()
            assert (register.family, register.identity.family) == (family, family)
            assert register.capabilities == one.driver.capabilities
            bookmark, wanted = await register.bookmark(), receipt(item())
            outcome = await register.fiscalise(wanted)
            assert register.answered is not None
            settled = await settle(register, bookmark, wanted)
            assert isinstance(settled, Exists)
            assert settled.outcome is not None
            assert settled.outcome.fiscal.document == outcome.fiscal.document == one.documents()[-1].number
            await register.close()

    sells()


@virtual
async def test_another_family_in_the_same_place_is_found() -> None:
    async with AsyncExitStack() as stack:
        place = Place()
        register = create(AUTO, place)
        heard: list[Warn] = []

        async def tell(warn: Warn) -> None:
            heard.append(warn)

        register.tell = tell
        for family in ("shtrih", "pirit", "atol", "shtrih"):
            place.there = await plugged(stack, family)
            for _ in range(LOYAL):
                with suppress(LinkError):  # silent to the questions of the one before
                    await register.connect()
                    break
            assert register.family == register.identity.family == family
            assert register.tell is tell
            driver: Any = register
            assert driver._found.tell is tell
            document = (await register.drive()).last_document
            await register.fiscalise(receipt(item()))
            assert place.there.documents()[-1].number == document + 1
        await register.close()


@virtual
async def test_the_one_known_last_is_asked_for_alone_until_it_was_silent_for_long() -> None:
    async with AsyncExitStack() as stack:
        place = Place()
        place.there = known = await plugged(stack, "pirit")
        register = create(AUTO, place)
        await register.connect()
        place.there = None
        everybody = []
        for _ in range(2 * LOYAL):
            place.written = b""
            with pytest.raises(LinkError) as silent:
                await register.connect()
            assert silent.value.code == "register_silent"
            everybody.append(b"\x05" in place.written)
        assert everybody == [False, False, False, False, True] * 2
        place.there, place.written = known, b""
        await register.connect()
        assert b"\x05" not in place.written
        await register.close()


@virtual
async def test_who_speaks_no_protocol_is_told() -> None:
    place = Place()
    place.there = b"$GPGGA,0"
    register = create(AUTO, place)
    with pytest.raises(ProtocolError) as strange:
        await register.connect()
    assert (strange.value.code, "24 47 50" in strange.value.detail) == ("family_unrecognised", True)


@virtual
async def test_a_port_that_does_not_open_says_why() -> None:
    register = create(AUTO, PairLink(lambda: (_ for _ in ()).throw(ConnectionRefusedError("off"))))
    with pytest.raises(LinkError) as refused:
        await register.connect()
    assert refused.value.code == "link_refused"


async def test_before_anybody_was_found_nothing_is_known() -> None:
    register = create(AUTO, Place())
    assert (register.family, register.answered, register.tell) == ("auto", None, None)
    await register.close()
    with pytest.raises(LinkError, match="never connected"):
        register.faults(receipt(item()))
    with pytest.raises(LinkError, match="never connected"):
        await register.open_shift(CASHIER)


@virtual
async def test_options_are_those_of_whoever_is_found() -> None:
    async with AsyncExitStack() as stack:
        place = Place()
        place.there = await plugged(stack, "pirit")
        fine = create(AUTO, place, options={"password": "PIRI"})
        await fine.connect()
        await fine.close()
        of_another = create(AUTO, place, options={"vat_code": "row"})
        with pytest.raises(RequestError) as refused:
            await of_another.connect()
        assert refused.value.code == "option_unknown"
        assert "family pirit" in refused.value.detail
        assert "Пирит" in refused.value.hint


@pytest.mark.parametrize("options", [{"colour": "red"}, {"protocol": "7"}, {"vat_code": "row", "colour": "red"}])
def test_options_of_nobody_are_refused_at_once(options: dict[str, str]) -> None:
    for refuses in (lambda: check_options(AUTO, options), lambda: create(AUTO, Place(), options=options)):
        with pytest.raises(RequestError) as refused:
            refuses()
        assert refused.value.code == "option_unknown"
        assert str(list(options)[-1]) in refused.value.detail


def test_options_of_different_families_are_taken_each_by_its_own() -> None:
    check_options(AUTO, {"vat_code": "row", "no_print": "02", "api": "v2"})
    with pytest.raises(RequestError):
        check_options("shtrih", {"no_print": "02"})


def test_every_call_goes_to_the_driver() -> None:
    """What a register can do is there in the delegate, not inherited from what no register can."""
    calls = {name for name in vars(Register) if not name.startswith("_")}
    assert calls - set(vars(AutoRegister)) == set()


@virtual
async def test_the_driver_is_what_answers() -> None:
    """Each call with the arguments it was given; what it answers and raises comes back."""
    asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    class Driver:
        def __getattr__(self, name: str) -> Any:
            async def call(*given: Any, **named: Any) -> str:
                asked.append((name, given, named))
                return name

            return call

    register: Any = create(AUTO, Place())
    register._found = Driver()
    for name, given, named in (
        ("fence", ("b",), {}),
        ("bookmark", (), {"counters": True}),
        ("document", (7,), {}),
        ("check_code", (b"01",), {"operation": 1, "measure": 2, "quantity": 3, "fraction": (1, 2)}),
        ("unload_notifications", ("keep",), {}),
        ("cash_in", (100, CASHIER), {}),
        ("cash_out", (200, CASHIER), {}),
        ("print_text", (["a"],), {}),
        ("set_clock", ("now",), {}),
        *((each, (), {}) for each in ("state", "drive", "ofd", "own_cashiers", "counters", "settings", "x_report")),
        *((each, (), {}) for each in ("marking_state", "open_drawer", "copy_last", "recover")),
        *((each, (CASHIER,), {}) for each in ("open_shift", "close_shift")),
        *((each, (receipt(item()),), {}) for each in ("fiscalise", "check")),
    ):
        answer = await getattr(register, name)(*given, **named)
        assert asked.pop() == (name, given, named)
        assert answer in {name, None}


def test_every_emulated_family_can_be_found() -> None:
    assert set(FAMILIES) == set(EMULATED)
