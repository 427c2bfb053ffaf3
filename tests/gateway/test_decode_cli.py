"""`fiscal-gateway decode IMAGE|CODE [--json]`."""

import io
import json
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from time import perf_counter

import pytest
import typer
from typer.testing import CliRunner

from devices.scanners.image import look
from devices.scanners.looks import Corners, Look
from devices.scanners.picture import load
from emulator.labels import draw
from gateway.cli import decode as command
from gateway.cli.main import app

BLOCK = b"010460043993125621JgXJ5.T\x1d8005112000\x1d93Mdlr"
ANSWER = {
    "codes": [
        {
            "raw": "010460043993125621JgXJ5.T\x1d8005112000\x1d93Mdlr",
            "symbology": "]d2",
            "kind": "gs1",
            "gtin": "04600439931256",
            "serial": "JgXJ5.T",
            "cis": "010460043993125621JgXJ5.T",
            "mrp": "1120.00",
            "weight": None,
            "warnings": [],
        }
    ]
}
PLACE: Corners = ((0, 0), (9, 0), (9, 9), (0, 9))


@pytest.fixture
def label(tmp_path: Path) -> Path:
    draw(BLOCK).save(tmp_path / "block.png")
    return tmp_path / "block.png"


def run(target: str, *options: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["decode", target, *options])
    return answer.exit_code, answer.stdout


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(BytesIO(data)))


def test_a_picture_as_json(label: Path) -> None:
    status, text = run(str(label), "--json")
    assert (status, json.loads(text)) == (0, ANSWER)


def test_a_picture_in_words(label: Path) -> None:
    status, text = run(str(label))
    assert status == 0
    assert text.splitlines()[:6] == [
        "код маркировки GS1, ]d2",
        "  код      010460043993125621JgXJ5.T␝8005112000␝93Mdlr",
        "  КИ       010460043993125621JgXJ5.T",
        "  GTIN     04600439931256",
        "  серийный JgXJ5.T",
        "  МРЦ, ₽   1120.00",
    ]


def test_a_code_in_words_and_as_json() -> None:
    status, text = run(BLOCK.decode().replace("\x1d", "<GS>"), "--json")
    (code,) = json.loads(text)["codes"]
    assert (status, code["raw"], code["symbology"]) == (0, BLOCK.decode(), None)
    assert [one["code"] for one in code["warnings"]] == ["marking_code_separator_spelled"]
    status, text = run("46198488")
    assert status == 0
    assert text.startswith("штрихкод EAN-8\n")
    assert "! marking_code_bar_code: Это обычный штрихкод" in text


def test_what_is_no_code_is_status_1() -> None:
    status, text = run("2710124190")
    assert (status, text.splitlines()[0]) == (1, "не код маркировки")
    status, text = run("no code", "--json")
    assert (status, [code["kind"] for code in json.loads(text)["codes"]]) == (1, ["unknown"])


def test_a_refusal_is_in_russian() -> None:
    answer = CliRunner().invoke(app, ["decode", "04600439931256;04606203090785"])
    first, hint = answer.stderr.splitlines()
    assert (answer.exit_code, first) == (1, "Код не принят (marking_code_glued).")
    assert hint.startswith("Склеились")
    fault = json.loads(run("04600439931256;04606203090785", "--json")[1])["error"]
    assert (fault["code"], fault["detail"]) == ("marking_code_glued", "two or more scans in one")


def test_a_code_with_characters_that_no_path_has() -> None:
    """Serial numbers hold slashes, dots and question marks."""
    status, text = run("0104600439931256215/./a?:<GS>93Mdlr", "--json")
    assert (status, json.loads(text)["codes"][0]["serial"]) == (0, "5/./a?:")
    assert run("01" + "x" * 5000, "--json")[0] == 1


def test_standard_input_is_a_picture_or_a_code(
    label: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for data in (label.read_bytes(), b"]d2" + BLOCK + b"\r\n"):
        stdin(monkeypatch, data)
        assert command.decode("-", as_json=True) == 0
        assert json.loads(capsys.readouterr().out) == ANSWER


def test_a_code_that_many_groups_may_bear_names_none() -> None:
    _, text = run("0104600439931256215Qbag!\x1d93dGVz")
    assert "группы   форма общая для " in text
    _, text = run(BLOCK.decode())
    assert text.splitlines()[-1] == "  группы   tobacco"


def test_nothing_found_is_status_1(tmp_path: Path) -> None:
    draw(BLOCK, dark=255).save(tmp_path / "blank.png")
    assert run(str(tmp_path / "blank.png"), "--json") == (1, '{"codes": []}\n')
    status, text = run(str(tmp_path / "blank.png"))
    assert (status, text) == (1, "")


@pytest.mark.parametrize(
    ("found", "code", "words"),
    [
        (Look(seen=(), contradicted=1), "picture_codes_contradicted", "Прочитано по-разному"),
        (Look(seen=(), unread=(PLACE, PLACE)), "picture_codes_unread", "похожих на код: 2"),
        (Look(seen=(), left_out=3), "picture_codes_left_out", "не показано: 3"),
        (Look(seen=(), in_time=False), "picture_time_up", "не весь"),
    ],
)
def test_what_a_picture_holds_beside_its_codes_is_told(
    label: Path, monkeypatch: pytest.MonkeyPatch, found: Look, code: str, words: str
) -> None:
    monkeypatch.setattr(command, "look", lambda *_, **__: found)
    answer = CliRunner().invoke(app, ["decode", str(label)])
    assert answer.exit_code == 1
    assert words in answer.stderr
    seen = look(load(label.read_bytes()), clock=perf_counter).seen
    monkeypatch.setattr(command, "look", lambda *_, **__: replace(found, seen=seen))
    status, text = run(str(label))
    assert status == 0
    assert text.splitlines()[-1].startswith(f"! {code}: ")
    status, text = run(str(label), "--json")
    told = json.loads(text)
    assert (status, told["codes"], [one["code"] for one in told["warnings"]]) == (0, ANSWER["codes"], [code])
    assert code in (Path(__file__).parents[2] / "docs/pictures.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [".", "folder", "folder.png"])
def test_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir(exist_ok=True)
    status, text = run(str(tmp_path / name), "--json")
    assert (status, json.loads(text)["error"]["code"]) == (2, "file")
    assert "папка" in json.loads(text)["error"]["hint"]


@pytest.mark.parametrize(
    "name", ["photo.heic", "./photo", "~/x/photo", "C:\\photos\\1", "снимки/код.jpg", "снимок.пнг.tif"]
)
def test_a_file_that_is_not_there_is_no_code(name: str) -> None:
    status, text = run(name, "--json")
    assert (status, json.loads(text)["error"]["code"]) == (2, "file")


def test_nothing_at_standard_input_is_an_empty_picture(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stdin(monkeypatch, b"")
    with pytest.raises(typer.Exit) as ended:
        command.decode("-", as_json=True)
    assert (ended.value.exit_code, json.loads(capsys.readouterr().out)["error"]["code"]) == (1, "picture_empty")


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("none.png", None, 2, "file"),
        ("broken.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", 1, "picture_truncated"),
        ("empty.png", b"", 1, "picture_empty"),
        ("document.png", b"%PDF", 1, "picture_format_refused"),
        ("anything", b"hello", 1, "picture_format_refused"),
    ],
)
def test_refusals(tmp_path: Path, name: str, content: bytes | None, status: int, code: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    answered, text = run(str(tmp_path / name), "--json")
    error = json.loads(text)["error"]
    assert (answered, error["code"]) == (status, code)
    assert "упаковк" not in error["hint"]
    assert any("а" <= letter <= "я" for letter in error["hint"])


def test_a_code_that_cannot_be_read_is_refused_with_advice() -> None:
    status, text = run("0104600439931256ЙЦУqwe", "--json")
    error = json.loads(text)["error"]
    assert (status, error["code"]) == (1, "marking_code_layout_mixed")
    assert "Раскладка" in error["hint"]
