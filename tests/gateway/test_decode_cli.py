"""`fiscal-gateway decode IMAGE|CODE [--json]`."""

import io
import json
import sys
from io import BytesIO
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from devices.scanners.looks import Look
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


def test_nothing_found_is_status_1(tmp_path: Path) -> None:
    draw(BLOCK, dark=255).save(tmp_path / "blank.png")
    assert run(str(tmp_path / "blank.png"), "--json") == (1, '{"codes": []}\n')
    status, text = run(str(tmp_path / "blank.png"))
    assert (status, text) == (1, "")


def test_a_contradiction_is_told_as_one(
    label: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "look", lambda *_, **__: Look(seen=(), contradicted=1))
    with pytest.raises(typer.Exit) as ended:
        command.decode(str(label), as_json=False)
    assert ended.value.exit_code == 1
    assert "прочитан по-разному" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("none.png", None, 2, "file"),
        ("broken.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", 1, "picture_broken"),
        ("document.png", b"%PDF", 1, "picture_format_refused"),
        ("anything", b"hello", 1, "picture_format_refused"),
    ],
)
def test_refusals(tmp_path: Path, name: str, content: bytes | None, status: int, code: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    answered, text = run(str(tmp_path / name), "--json")
    assert (answered, json.loads(text)["error"]["code"]) == (status, code)


def test_a_code_that_cannot_be_read_is_refused_with_advice() -> None:
    status, text = run("0104600439931256ЙЦУqwe", "--json")
    error = json.loads(text)["error"]
    assert (status, error["code"]) == (1, "marking_code_layout_mixed")
    assert "Раскладка" in error["hint"]
