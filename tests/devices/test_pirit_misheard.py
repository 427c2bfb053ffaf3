"""Пирит: frames are summed up in one byte, so a spoilt answer may pass: nothing that was misheard is believed alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pirit_converter import SALE, behind_converter, ours
from virtual_loop import virtual

from devices.errors import LinkError
from devices.registers.settle import Exists, settle
from emulator.faults import FaultKind
from emulator.registers.pirit import command_code
from protocols.pirit.framing import HostStream, Reply, encode_reply


def changed(command: int, change: Callable[[bytes], bytes], *, times: int = 1) -> Callable[[bytes], list[bytes]]:
    """The first answers to a command, changed under a checksum that fits."""
    left = [times]

    def spoil(data: bytes) -> list[bytes]:
        events = HostStream().feed(data)
        if left[0] and len(events) == 1 and isinstance(events[0], Reply) and events[0].command == command:
            heard = events[0]
            left[0] -= 1
            return [encode_reply(Reply(heard.id, heard.command, heard.error, change(heard.data)))]
        return [data]

    return spoil


def another_number(data: bytes) -> bytes:
    fields = data.split(b"\x1c")
    fields[3] = b"%d" % (int(fields[3]) + 40)
    return b"\x1c".join(fields)


@virtual
async def test_a_number_that_the_drive_does_not_have_is_settled() -> None:
    async with behind_converter() as (one, converter):
        converter.spoil = changed(0x31, another_number)
        with pytest.raises(LinkError) as contradicted:
            await one.driver.fiscalise(SALE)
        assert contradicted.value.code == "answer_contradicts_drive"
        converter.spoil = changed(0x31, another_number)
        outcome = await one.sell(SALE)
        assert outcome.fiscal.document == one.documents()[-1].number
        assert ours(one) == 2


def sum_changed(data: bytes) -> bytes:
    """Tag 1020 of a block of TLV, with one digit more."""
    head, tag, rest = data.partition(b"FC03")
    return head + tag + rest[:4] + b"FF" + rest[6:] if tag else data


def one_less(data: bytes) -> bytes:
    query, _, number = data.strip(b"\x1c").partition(b"\x1c")
    return query + b"\x1c%d\x1c" % (int(number) - 1) if query == b"3" else data


@pytest.mark.parametrize("change", [sum_changed, one_less])
@virtual
async def test_what_settling_hears_once_decides_nothing(change: Callable[[bytes], bytes]) -> None:
    """Misheard so, the document would be taken for another's, or for one that was never made: ours would come twice."""
    async with behind_converter() as (one, converter):
        bookmark = await one.driver.bookmark()
        strikes = [0]

        def once(data: bytes) -> bytes:
            changed_data = data if strikes[0] else change(data)
            strikes[0] += changed_data != data
            return changed_data

        one.fault(FaultKind.DROP_ANSWER, command_code("close_document"))
        with pytest.raises(LinkError):
            await one.driver.fiscalise(SALE)
        converter.spoil = changed(0x78, once, times=999)
        settled = await settle(one.driver, bookmark, SALE)
        assert strikes == [1]
        assert isinstance(settled, Exists)


@virtual
async def test_a_difference_that_was_misheard_is_none() -> None:
    async with behind_converter() as (one, converter):
        left = [1]

        def once(data: bytes) -> bytes:
            found = sum_changed(data) if left[0] else data
            left[0] -= found != data
            return found

        converter.spoil = changed(0x78, once, times=999)
        outcome = await one.driver.fiscalise(SALE)
        assert left == [0]
        assert outcome.differences == ()


@virtual
async def test_settings_are_heard_alike_twice() -> None:
    async with behind_converter() as (one, converter):
        seen = [0]

        def another_rate(data: bytes) -> bytes:
            seen[0] += data == b"20.00\x1c"
            return b"18.00\x1c" if seen[0] == 1 and data == b"20.00\x1c" else data

        rates = one.driver.identity.vat_rates
        one.driver._profile = None  # type: ignore[attr-defined]
        converter.spoil = changed(0x11, another_rate, times=999)
        await one.driver.connect()
        assert seen[0] > 2
        assert one.driver.identity.vat_rates == rates
