"""What the commands say that look at devices directly: `devices`, `diagnose`, `explain`."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import tty
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from devices import discovery
from devices.candidate import Candidate, Guise
from devices.errors import LinkError
from devices.steps import Said, Step
from gateway.cli import hardware

ENQ = Said(direction=">", hex="05", words=("ENQ: запрос готовности",))
NAK = Said(direction="<", hex="15")
LONG = Said(direction="<", hex=" ".join(["00"] * 100), words=("кадр", "  ещё строка"))


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """What a diagnosis finds."""
    found: list[Step] = []

    async def diagnose(link: str, **_: Any) -> AsyncIterator[Step]:
        for step in found:
            yield step

    monkeypatch.setattr(discovery, "diagnose", diagnose)
    return found


def test_a_diagnosis_tells_what_was_sent_and_what_came_back(
    steps: list[Step], capsys: pytest.CaptureFixture[str]
) -> None:
    steps += [
        Step(code="protocol", ok=True, text="отвечает по протоколу", said=(ENQ, NAK, LONG)),
        Step(code="register", ok=True, text="исправно"),
    ]
    asyncio.run(hardware.diagnose("tcp:kkt:1", as_json=False))
    first, sent, back, long, verdict = printed(capsys)
    assert (first, sent, back) == ("✓ отвечает по протоколу", "    → 05   ENQ: запрос готовности", "    ← 15")
    assert long.endswith("… (100 байт)   кадр")
    assert verdict == "✓ исправно"
    asyncio.run(hardware.diagnose("tcp:kkt:1", as_json=True))
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["verdict"]) == (True, "исправно")
    assert answer["steps"][0]["said"][0] == {"direction": ">", "hex": "05", "words": ["ENQ: запрос готовности"]}


def test_a_bad_verdict_is_the_status(steps: list[Step], capsys: pytest.CaptureFixture[str]) -> None:
    steps.append(Step(code="nobody", ok=False, text="молчит"))
    with pytest.raises(SystemExit) as ended:
        asyncio.run(hardware.diagnose("tcp:kkt:1", as_json=False))
    assert (ended.value.code, printed(capsys)) == (1, ["✗ молчит"])


@pytest.fixture
def silent() -> Iterator[str]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def candidate(link: str, *, asked: bool = True) -> Candidate:
    return Candidate(link=link, title="порт", guise=Guise.PORT, may_be_asked=asked)


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> list[Candidate]:
    found: list[Candidate] = []
    monkeypatch.setattr(discovery, "candidates", lambda: found)
    return found


def test_every_port_that_may_be_asked_says_who_answers(
    ports: list[Candidate], steps: list[Step], capsys: pytest.CaptureFixture[str]
) -> None:
    ports += [candidate("serial:A"), candidate("serial:B", asked=False)]
    steps += [
        Step(code="silent", ok=False, text="115200: молчит"),
        Step(code="protocol", ok=True, text="отвечает по протоколу Пирит", said=(ENQ,)),
        Step(code="model", ok=True, text="Устройство: Viki Print 57"),
        Step(code="paper", ok=False, text="Бумаги нет"),
        Step(code="register", ok=True, text="исправно"),
    ]
    asyncio.run(hardware.devices(ask=True, as_json=True))
    first, second = json.loads(capsys.readouterr().out)["devices"]
    assert (first["link"], first["guise"], first["answers"]["ok"]) == ("serial:A", "port", True)
    assert first["answers"]["text"] == "отвечает по протоколу Пирит; Устройство: Viki Print 57"
    assert (second["link"], second["answers"]) == ("serial:B", None)
    asyncio.run(hardware.devices(ask=True, as_json=False))
    table = capsys.readouterr().out
    assert "Viki" in table
    assert "diagnose СВЯЗЬ" in table


@pytest.mark.parametrize(
    ("code", "words"), [("nobody", "молчит на всех скоростях"), ("link_busy", "занят процессом 1cv8 (77)")]
)
def test_who_does_not_answer(
    ports: list[Candidate], steps: list[Step], capsys: pytest.CaptureFixture[str], code: str, words: str
) -> None:
    ports.append(candidate("serial:A"))
    steps.append(Step(code=code, ok=False, text="Порт serial:A занят процессом 1cv8 (77)."))
    asyncio.run(hardware.devices(ask=True, as_json=True))
    (one,) = json.loads(capsys.readouterr().out)["devices"]
    assert (one["answers"]["ok"], one["answers"]["code"]) == (False, code)
    assert words in one["answers"]["text"]


def test_ports_can_be_listed_without_a_byte(
    ports: list[Candidate], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(discovery, "survey", lambda found: pytest.fail("nobody is asked"))
    ports.append(candidate("serial:A"))
    asyncio.run(hardware.devices(ask=False, as_json=True))
    assert json.loads(capsys.readouterr().out)["devices"][0]["answers"] is None
    ports.clear()
    asyncio.run(hardware.devices(ask=True, as_json=False))
    assert "Ничего не подключено" in capsys.readouterr().out


async def test_ports_are_asked_at_the_same_time(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is slow or gone keeps nobody waiting."""
    began: list[str] = []
    both = asyncio.Event()

    async def diagnose(link: str, **_: Any) -> AsyncIterator[Step]:
        began.append(link)
        if len(began) == 2:
            both.set()
        await both.wait()
        yield Step(code="nobody", ok=False, text=link)

    monkeypatch.setattr(discovery, "diagnose", diagnose)
    found = [(one.link, step.ok) async for one, step in discovery.survey([candidate("a"), candidate("b")])]
    assert sorted(found) == [("a", False), ("b", False)]


@pytest.mark.parametrize(
    ("hexadecimal", "families", "words"),
    [
        ("02 05 10 1E 00 00 00 0B", ["shtrih"], "кадр v1, длина 5"),
        ("0250495249203030033231", ["pirit"], "команда 00 status — Запрос флагов статуса, ид. 20h"),
        ("FE 01 00 00 C4 02", ["atol"], "пакет 00h, данных 1"),
        ("7B 7D", ["atol-web"], ""),
        ("0x05", ["shtrih", "pirit", "atol"], "Штрих-М:"),
        ("AA BB", [], "Эти байты не похожи ни на один известный протокол касс."),
    ],
)
def test_bytes_are_explained_by_whose_they_are(
    capsys: pytest.CaptureFixture[str], hexadecimal: str, families: list[str], words: str
) -> None:
    hardware.explain(hexadecimal, as_json=True)
    answer = json.loads(capsys.readouterr().out)
    assert [one["family"] for one in answer["families"]] == families
    hardware.explain(hexadecimal, as_json=False)
    lines = printed(capsys)
    assert answer["lines"] == lines
    assert lines[0].startswith(words)


def test_a_port_that_is_busy_is_not_asked(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "shared", lambda port: True)
    monkeypatch.setattr(discovery, "busy", lambda name, port: LinkError("busy", hint="Порт занят.", code="link_busy"))
    monkeypatch.setattr(discovery, "identify", lambda *_: pytest.fail("nobody is asked"))
    verdict = asyncio.run(discovery.probe(f"serial:{silent}"))
    assert (verdict.code, verdict.ok) == ("link_busy", False)
