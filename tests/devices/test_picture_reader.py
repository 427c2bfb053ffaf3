"""Pictures are looked at in a process of their own, whose end is nobody else's."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from io import BytesIO
from time import perf_counter

import pytest

from devices.errors import RequestError
from devices.scanners import picture_child, picture_reader
from devices.scanners.looks import MAX_BYTES, Look, PictureError, Seen, from_json, to_json
from devices.scanners.picture_child import serve
from devices.scanners.picture_reader import PictureReader
from emulator.labels import draw

MILK = b"0104600439931256215opFcm\x1d93dGVz"


def png(code: bytes = MILK) -> bytes:
    file = BytesIO()
    draw(code).save(file, "PNG")
    return file.getvalue()


def question(picture: bytes, *, most: int = 4) -> bytes:
    return json.dumps({"size": len(picture), "most": most, "seconds": 9}).encode() + b"\n" + picture


def exchange(*questions: bytes) -> list[dict[str, object]]:
    answers = BytesIO()
    serve(BytesIO(b"".join(questions)), answers, clock=perf_counter)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_the_child_answers_question_by_question() -> None:
    first, second, third = exchange(question(png()), question(b"%PDF"), question(png(b"4606203090785")))
    assert [seen.data for seen in from_json(first).seen] == [MILK]
    assert second["error"] == {
        "code": "picture_format_refused",
        "detail": "PDF is not read",
        "hint": "Это PDF, а нужен снимок: сделайте снимок экрана или фотографию кода.",
    }
    assert [seen.symbology for seen in from_json(third).seen] == ["]E0"]


def test_half_a_question_is_not_answered() -> None:
    assert exchange(question(png())[:-10]) == []


def test_too_little_memory_is_the_pictures_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(data: bytes) -> object:
        raise MemoryError

    monkeypatch.setattr(picture_child, "load", greedy)
    (answer,) = exchange(question(png()))
    assert answer["error"]["code"] == "picture_too_large"  # type: ignore[index]


def test_a_look_survives_the_journey() -> None:
    seen = Seen(data=b"\0\xff\x1d", symbology="]d2", engine="e", step="s", corners=((1, 2), (3, 4), (5, 6), (7, 8)))
    there = Look(seen=(seen,), contradicted=2, in_time=False, unread=(seen.corners,), left_out=3, repeated=4)
    assert from_json(json.loads(json.dumps(to_json(there)))) == there


async def test_one_process_reads_all_pictures_and_is_ended() -> None:
    reader = PictureReader()
    looks = await asyncio.gather(*(reader.look(png()) for _ in range(3)))
    assert {one.data for look in looks for one in look.seen} == {MILK}
    process = reader._process
    assert process is not None
    with pytest.raises(PictureError) as told:
        await reader.look(b"hello")
    assert told.value.code == "picture_format_refused"
    assert reader._process is process
    await reader.close()
    assert process.returncode is not None
    await reader.close()


async def test_a_process_that_dies_takes_only_its_picture_along(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = PictureReader()
    await reader.look(png())
    assert reader._process is not None
    os.kill(reader._process.pid, signal.SIGSTOP)
    asked = asyncio.create_task(reader.look(png()))
    await asyncio.sleep(0)
    os.kill(reader._process.pid, signal.SIGKILL)
    with pytest.raises(PictureError, match="ended over this one") as told:
        await asked
    assert told.value.code == "picture_reader_died"
    assert len((await reader.look(png())).seen) == 1
    await reader.close()


async def test_a_picture_that_takes_too_long_is_given_up() -> None:
    reader = PictureReader(grace=0.05)
    process = await reader._running()
    os.kill(process.pid, signal.SIGSTOP)  # however fast the machine
    with pytest.raises(PictureError) as told:
        await reader.look(png(), seconds=0)
    assert told.value.code == "picture_timeout"
    assert reader._process is None
    await reader.close()


async def test_who_goes_away_leaves_no_answer_for_the_next() -> None:
    reader = PictureReader()
    await reader.look(png())
    gone = asyncio.create_task(reader.look(png(b"46198488")))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert [seen.data for seen in (await reader.look(png())).seen] == [MILK]
    await reader.close()


async def test_nobody_asks_and_the_process_ends() -> None:
    reader = PictureReader(idle=0)
    await reader.look(png())
    process = reader._process
    assert process is not None
    await process.wait()
    assert reader._process is None
    await reader.close()


async def test_a_picture_beyond_the_limit_never_gets_there() -> None:
    reader = PictureReader()
    with pytest.raises(PictureError) as told:
        await reader.look(b"\0" * (MAX_BYTES + 1))
    assert (told.value.code, reader._process) == ("picture_too_large", None)


async def test_missing_libraries_are_nobodys_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    error = {"error": {"code": "picture_engines_missing", "detail": "no library", "hint": "…"}}

    async def answer(*_: object) -> object:
        return error

    reader = PictureReader()
    monkeypatch.setattr(reader, "_ask", answer)
    with pytest.raises(RequestError) as told:
        await reader.look(png())
    assert not isinstance(told.value, PictureError)
    await reader.close()


def test_the_module_is_where_the_reader_looks_for_it() -> None:
    assert picture_child.__name__ == picture_reader.MODULE


def test_the_process_ends_with_its_input_and_not_at_ctrl_c() -> None:
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", picture_reader.MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(question(b"hello"))
    child.stdin.flush()
    assert "picture_format_refused" in child.stdout.readline().decode()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(question(png()), timeout=60)
    assert (child.returncode, err) == (0, b"")
    assert [seen.data for seen in from_json(json.loads(out)).seen] == [MILK]


def test_who_only_asks_needs_no_picture_library() -> None:
    """Five megabytes of a daemon that may never see a picture."""
    words = "import sys, gateway.marking.decode; print(*({'PIL', 'zxingcpp', 'pylibdmtx'} & set(sys.modules)))"
    asked = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=60, check=False)
    assert (asked.stdout.strip(), asked.stderr) == ("", "")
