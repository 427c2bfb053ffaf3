"""Who is on a link, where several families may be: what is asked, in which order, and what the verdict is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace

import pytest
from virtual_loop import virtual

from devices import discovery
from devices.errors import GatewayError, LinkError, ProtocolError
from devices.links.base import Link
from devices.registers.factory import AUTO, FAMILIES, Family, create
from devices.registers.probing import Ask, Probe
from devices.registers.timing import Timeouts
from devices.steps import Step

FOUND = Step(code="register", ok=True, text="")
QUIET = ProtocolError("it says nothing any more", hint="Касса замолчала.", code="answer_malformed")


class Line(Link):
    """A device by what it answers to bytes; closed by the other side where it answers None."""

    name = "line:"

    def __init__(self, answers: Mapping[bytes, bytes | None], **more: object) -> None:
        self.answers = answers
        self.sent: list[bytes] = []
        self.opened = 0
        self.speeds: list[int] = []
        self._said = b""
        self._gone = True
        for name, value in more.items():
            setattr(self, name, value)

    async def open(self) -> None:
        if self.name == "busy:":
            raise LinkError("port", hint="Порт занят.", code="link_busy")
        self.opened += 1
        self._said, self._gone = b"", False

    async def close(self) -> None:
        self._gone = True

    async def write(self, data: bytes) -> None:
        assert not self._gone
        self.sent.append(data)
        said = self.answers.get(data, b"") if not self.tunable or self.speeds[-1] == 9600 else b""
        self._gone = said is None
        self._said += said or b""

    async def read(self, timeout: float) -> bytes:
        if self._gone:
            raise LinkError("closed", hint="", code="link_closed")
        said, self._said = self._said, b""
        return said

    def tune(self, baudrate: int) -> None:
        self.speeds.append(baudrate)


@dataclass
class Asked:
    """How often a family was asked at length."""

    times: int = 0


def says(*wanted: bytes) -> Callable[[bytes], bool]:
    return lambda said: said in wanted


def probe(*asks: tuple[bytes, bytes], closing: bytes = b"", parting: bytes = b"", alone: bool = False) -> Probe:
    rows = tuple(Ask(sends=sent, heard=says(heard), alone=alone) for sent, heard in asks)
    return Probe(framing="кадры", asks=rows, closing=closing, parting=parting)


def family(title: str, *probes: Probe, says: GatewayError | Step = FOUND, web: bool = False) -> Family:
    async def interview(link: Link, timeouts: Timeouts) -> AsyncIterator[Step]:
        if isinstance(says, GatewayError):
            raise says
        yield says

    return replace(
        FAMILIES["shtrih"],
        title=title,
        baudrates=() if web else (115200, 9600),
        web=web,
        interview=interview,
        probes=lambda: probes,
        fits=lambda data: FAMILIES["atol-web"].fits(data) if web else FAMILIES["shtrih"].fits(data),
    )


ROWS = {
    "a": family("А", probe((b"a", b"A"))),
    "b": family("Б", probe((b"b", b"?"), (b"bb", b"B"), closing=b".", parting=b"!")),
    "c": family("В", probe((b"b", b"C")), says=QUIET),
}


async def steps(monkeypatch: pytest.MonkeyPatch, line: Line, rows: Mapping[str, Family] = ROWS) -> list[Step]:
    monkeypatch.setattr(discovery, "FAMILIES", rows)
    return [step async for step in discovery.diagnose(line)]


@virtual
async def test_the_next_family_is_asked_after_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line({b"b": b"?", b"bb": b"B"})
    found, verdict = await steps(monkeypatch, line)
    assert (found.code, found.text) == ("protocol", "line:: отвечает по протоколу Б, кадры")
    assert verdict == FOUND
    assert line.sent == [b"a", b"b", b"bb", b"."], "an answer that was taken is confirmed"
    assert [(one.direction, one.hex) for one in found.said] == [
        (">", "61"), (">", "62"), ("<", "3f"), (">", "62 62"), ("<", "42"), (">", "2e")
    ]  # fmt: skip


@virtual
async def test_who_answered_otherwise_is_let_go_and_not_asked_the_same_again(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line({b"b": b"C"})
    found, refused = await steps(monkeypatch, line)
    assert found.text.endswith("по протоколу В, кадры")
    assert line.sent == [b"a", b"b", b"!"]
    assert (refused.ok, refused.code, refused.text) == (False, "answer_malformed", "line:: Касса замолчала.")


@virtual
async def test_what_was_begun_is_ended_where_the_device_falls_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line({b"b": b"?"})
    await steps(monkeypatch, line)
    assert line.sent == [b"a", b"b", b"bb", b"!"]


@virtual
async def test_who_is_found_is_not_asked_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line({b"a": b"A"})
    await steps(monkeypatch, line)
    assert line.sent == [b"a"]


@virtual
async def test_an_answer_that_must_stand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Line):
        async def read(self, timeout: float) -> bytes:
            self._said, said = self._said[1:], self._said[:1]
            return said

    rows = {"a": family("А", probe((b"x", b"A"))), "b": family("Б", probe((b"x", b"A"), alone=True))}
    assert (await steps(monkeypatch, Slow({b"x": b"AB"}), rows))[0].text.endswith("А, кадры")
    del rows["a"]
    assert (await steps(monkeypatch, Slow({b"x": b"AB"}), rows))[-1].code == "strange"
    assert (await steps(monkeypatch, Slow({b"x": b"A"}), rows))[-1] == FOUND


@virtual
async def test_a_port_that_does_not_open_is_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    (verdict,) = await steps(monkeypatch, Line({}, name="busy:"))
    assert (verdict.code, verdict.text) == ("link_busy", "busy:: Порт занят.")


@virtual
async def test_noise_is_told_when_no_family_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    strange, verdict = await steps(monkeypatch, Line({b"a": b"\xaa\xbb"}))
    assert (strange.code, strange.text) == ("strange", "line:: отвечает непонятно, aa bb")
    assert "не по протоколу известных касс (А, Б, В)" in verdict.text


@virtual
async def test_silence_of_all_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    silent, verdict = await steps(monkeypatch, Line({}))
    assert (silent.code, verdict.code) == ("silent", "nobody")
    assert "устройство молчит." in verdict.text


@virtual
async def test_the_speed_that_answers_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line({b"a": b"A"}, tunable=True)
    assert [step.code for step in await steps(monkeypatch, line)] == ["silent", "protocol", "register"]
    assert line.speeds == [115200, 9600]


@virtual
async def test_who_hangs_up_at_strange_bytes_is_called_again(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line({b"a": None, b"b": b"?", b"bb": b"B"})
    assert (await steps(monkeypatch, line))[-1] == FOUND
    assert line.opened == 2
    rows = {"a": ROWS["a"], "again": family("Г", probe((b"a", b"D"))), "b": ROWS["b"]}
    line = Line({b"a": None, b"b": b"?", b"bb": b"B"})
    assert (await steps(monkeypatch, line, rows))[-1] == FOUND
    assert line.sent.count(b"a") == 1, "bytes that it hung up at are not sent again"


@virtual
async def test_somebody_who_talks_without_end_is_no_register(monkeypatch: pytest.MonkeyPatch) -> None:
    class Talker(Line):
        reliable = False

        async def read(self, timeout: float) -> bytes:
            return b"$GP"

    line = Talker({})
    (verdict,) = await steps(monkeypatch, line)
    assert (verdict.code, line.sent) == ("line_noise", [])


WEB = {"a": ROWS["a"], "w": family("веб", web=True)}


@virtual
async def test_the_web_is_for_links_that_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the bytes of the others are not: a web server hears none of them."""
    assert (await steps(monkeypatch, Line({}), WEB))[-1].code == "nobody"
    assert (await steps(monkeypatch, Line({b"a": b"HTTP/1.1 400 Bad Request\r\n\r\n"}), WEB))[-1].code == "web"
    line = Line({b"a": b"A"}, web=True)
    assert [step.code for step in await steps(monkeypatch, line, WEB)] == ["http", "register"]
    assert line.sent == []


@virtual
async def test_a_register_of_any_family_sends_the_web_nothing_but_http() -> None:
    place = Line({}, web=True)
    register = create(AUTO, place)
    with pytest.raises(GatewayError):
        await register.connect()
    assert place.sent
    assert all(b" /api/" in data and b" HTTP/1.1\r\n" in data for data in place.sent)
    assert register.family == "atol-web"
