"""`POST /api/v1/marking/decode`: pictures as bodies and forms, text, and nobody who waits for them."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from api_world import World, gateway_world

from devices.errors import RequestError
from devices.scanners.looks import MAX_BYTES, Look, Seen
from devices.scanners.picture_reader import PictureReader
from emulator.labels import draw
from gateway.marking.decode import LIMIT, Decoder

DECODE = "/api/v1/marking/decode"
BLOCK = b"010460043993125621JgXJ5.T\x1d8005112000\x1d93Mdlr"
FORM = "multipart/form-data; boundary=x"
PNG = {"Content-Type": "image/png"}
CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))
ANSWER = {
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


def png(code: bytes = BLOCK) -> bytes:
    file = BytesIO()
    draw(code).save(file, "PNG")
    return file.getvalue()


class Reader(PictureReader):
    """Sees the picture's bytes as the code; may be told to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.go.set()
        self.full = asyncio.Event()
        self.pictures: list[bytes] = []
        self.found: dict[str, Any] = {}

    async def look(self, picture: bytes, **_: object) -> Look:
        self.pictures.append(picture)
        if len(self.pictures) == LIMIT:
            self.full.set()
        await self.go.wait()
        seen = (Seen(data=picture[:200], symbology="]d2", engine="e", step="s", corners=CORNERS),)
        return Look(seen=seen if picture else (), **self.found)


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
async def quick(tmp_path: Path, reader: Reader) -> AsyncIterator[World]:
    """A gateway that needs no other process for its pictures."""
    async with gateway_world(tmp_path, decoder=Decoder(reader)) as made:
        yield made


def form(*parts: tuple[str, bytes, str | None]) -> aiohttp.FormData:
    made = aiohttp.FormData(default_to_multipart=True)
    for name, content, file in parts:
        made.add_field(name, content.decode() if file is None else content, filename=file)
    return made


async def test_a_real_picture(tmp_path: Path) -> None:
    decoder = Decoder()
    async with gateway_world(tmp_path, decoder=decoder) as world:
        status, answer, headers = await world.call("POST", DECODE, data=png(), headers=PNG)
        assert (status, answer) == (200, {"codes": [ANSWER]})
        assert headers["Cache-Control"] == "no-store"
        file = BytesIO()
        draw(b"00000046198488X?io+qCABm8wAYa").save(file, "JPEG")
        _, answer, _ = await world.call("POST", DECODE, data=form(("photo", file.getvalue(), "IMG_1.jpg")))
        assert [(one["kind"], one["symbology"], one["mrp"]) for one in answer["codes"]] == [
            ("tobacco29", "]d1", "95.00")
        ]
        blank = BytesIO()
        draw(BLOCK, dark=255).save(blank, "PNG")
        assert await _codes(world, data=blank.getvalue(), headers=PNG) == []
        status, problem, _ = await world.call("POST", DECODE, data=b"", headers=PNG)
        assert (status, problem["code"]) == (422, "picture_empty")
        bomb = _png_of(30_000, 30_000)
        status, problem, _ = await world.call("POST", DECODE, data=bomb, headers=PNG)
        assert (status, problem["code"]) == (413, "picture_too_large")
    await decoder.close()


def _png_of(width: int, height: int) -> bytes:
    """Nine hundred million pixels in one kilobyte."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"\0" * 1_000_000)
    chunks = [struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in (head, body)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


async def _codes(world: World, **request: object) -> object:
    status, answer, _ = await world.call("POST", DECODE, **request)  # type: ignore[arg-type]
    assert status == 200
    return answer["codes"]


async def test_what_a_picture_holds_beside_its_codes_is_told(quick: World, reader: Reader) -> None:
    reader.found = {"unread": (CORNERS, CORNERS), "left_out": 1, "repeated": 3}
    _, answer, _ = await quick.call("POST", DECODE, data=BLOCK, headers=PNG)
    assert answer["codes"] == [ANSWER]
    assert [one["code"] for one in answer["warnings"]] == [
        "picture_codes_unread",
        "picture_codes_left_out",
        "picture_codes_repeated",
    ]
    assert "похожих на код: 2" in answer["warnings"][0]["hint"]


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "IMAGE/PNG; x=y", "application/octet-stream"])
async def test_a_picture_as_the_body(quick: World, reader: Reader, kind: str) -> None:
    assert await _codes(quick, data=BLOCK, headers={"Content-Type": kind}) == [ANSWER]
    assert reader.pictures == [BLOCK]


@pytest.mark.parametrize(
    "parts",
    [
        [("picture", BLOCK, "a.png")],
        [("anything", BLOCK, "a.png")],
        [("note", b"shelf 4", None), ("picture", BLOCK, "a.png")],
        [("picture", BLOCK, "a.png"), ("note", b"shelf 4", None), ("left empty", b"", "b.png")],
        [("left empty", b"", "b.png"), ("picture", BLOCK, "a.png")],
        [("picture", BLOCK, None)],
    ],
)
async def test_a_picture_in_a_form(quick: World, reader: Reader, parts: list[tuple[str, bytes, str | None]]) -> None:
    assert await _codes(quick, data=form(*parts)) == [ANSWER]
    assert reader.pictures == [BLOCK]


async def test_several_pictures_in_a_form_are_refused_by_their_names(quick: World, reader: Reader) -> None:
    parts = [("picture", BLOCK, "a.png"), ("second", b"other", "b.png")]
    status, problem, _ = await quick.call("POST", DECODE, data=form(*parts))
    assert (status, problem["code"]) == (400, "form_invalid")
    assert "'a.png' and 'b.png'" in problem["detail"]
    assert "по одному" in problem["hint"]
    assert reader.pictures == []


async def test_what_is_no_picture_by_its_type_is_told_how_a_picture_is_sent(quick: World) -> None:
    for size in (1, 2_000_000):
        sent = b"x" * size
        status, problem, _ = await quick.call("POST", DECODE, data=sent, headers={"Content-Type": "text/plain"})
        assert (status, problem["code"]) == (415, "content_type_invalid")
        assert "image/jpeg" in problem["detail"]
        assert "image/jpeg" in problem["hint"]


async def test_a_telephones_picture_passes_where_a_receipt_would_be_refused(quick: World, reader: Reader) -> None:
    picture = b"x" * (MAX_BYTES - 1)
    assert len(await _codes(quick, data=picture, headers=PNG)) == 1  # type: ignore[arg-type]
    assert reader.pictures == [picture]

    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"y" * 1_000_000

    assert len(await _codes(quick, data=in_pieces(), headers=PNG)) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "raw", "symbology", "warned"),
    [
        ("]d2" + BLOCK.decode(), BLOCK.decode(), "]d2", []),
        (BLOCK.decode(), BLOCK.decode(), None, []),
        (
            BLOCK.decode().replace("\x1d", "<GS>"),
            BLOCK.decode(),
            None,
            ["marking_code_separator_spelled"],
        ),
    ],
)
async def test_a_code_as_text(quick: World, text: str, raw: str, symbology: str | None, warned: list[str]) -> None:
    (code,) = await _codes(quick, json={"code": text})  # type: ignore[misc]
    assert (code["raw"], code["symbology"]) == (raw, symbology)
    assert [one["code"] for one in code["warnings"]] == warned


async def test_what_no_parser_takes_is_told_with_the_reason(quick: World) -> None:
    (code,) = await _codes(quick, data=b"\x00\x01\xff", headers=PNG)  # type: ignore[misc]
    assert (code["kind"], code["symbology"], code["raw"]) == ("unknown", "]d2", "\x00\x01\xff")
    assert code["warnings"][0]["code"] == "marking_code_characters"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"code": ""}, "marking_code_length"),
        ({"code": "1" * 500_000}, "marking_code_length"),
        ({"code": "0104600439931256ЙЦУqwe"}, "marking_code_layout_mixed"),
        ({"code": 1}, "wrong_type"),
        ({}, "required"),
        ({"code": "x", "image": "y"}, "unknown_key"),
        ([], "wrong_type"),
    ],
)
async def test_faults_of_text(quick: World, body: object, fault: str) -> None:
    status, problem, _ = await quick.post(DECODE, body)
    assert (status, [one["code"] for one in problem["errors"]]) == (422, [fault])
    assert problem["hint"]


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"x" * (MAX_BYTES + 70_000), "image/png", 413, "picture_too_large"),
        (b"x", "text/plain", 415, "content_type_invalid"),
        (b"--x\r\nnonsense", FORM, 400, "form_invalid"),
        (b"x", "multipart/form-data", 400, "form_invalid"),
        (b"--x--\r\n", FORM, 400, "form_invalid"),
        (b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--\r\n", FORM, 400, "form_invalid"),
        (b"--x\r\n\r\n1\r\n--x\r\n\r\n2\r\n--x--\r\n", FORM, 400, "form_invalid"),
        (b"--x\r\n" + b"A: b\r\n" * 500 + b"\r\n1\r\n--x--", FORM, 400, "form_invalid"),
        (b"--x\r\nContent-Transfer-Encoding: base64\r\n\r\nMQ==\r\n--x--", FORM, 400, "form_invalid"),
        (b"--x\r\nContent-Encoding: gzip\r\n\r\n1\r\n--x--", FORM, 400, "form_invalid"),
        (b"--x\r\n\r\n1\r\n" * 17 + b"--x--", FORM, 400, "form_invalid"),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_refused_bodies(quick: World, reader: Reader, content: bytes, kind: str, status: int, code: str) -> None:
    answered, problem, _ = await quick.call("POST", DECODE, data=content, headers={"Content-Type": kind})
    assert (answered, problem["code"]) == (status, code)
    assert reader.pictures == []


async def test_a_body_without_a_length_is_cut_off(quick: World, reader: Reader) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_BYTES // 1_000_000 + 2):
            yield b"y" * 1_000_000

    status, problem, _ = await quick.call("POST", DECODE, data=endless(), headers=PNG)
    assert (status, problem["code"]) == (413, "picture_too_large")
    assert reader.pictures == []


async def test_a_zipped_picture_is_refused(quick: World) -> None:
    headers = {**PNG, "Content-Encoding": "gzip"}
    status, problem, _ = await quick.call("POST", DECODE, data=b"x", headers=headers, compress=False)
    assert (status, problem["code"]) == (415, "content_encoding_refused")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("picture_broken", 422),
        ("picture_reader_died", 500),
        ("picture_format_refused", 415),
        ("picture_timeout", 422),
        ("picture_engines_missing", 503),
    ],
)
async def test_what_the_reader_refuses(
    quick: World, reader: Reader, monkeypatch: pytest.MonkeyPatch, code: str, status: int
) -> None:
    async def refuse(*_: object, **__: object) -> Look:
        raise RequestError("in English", hint="по-русски", code=code)

    monkeypatch.setattr(reader, "look", refuse)
    answered, problem, _ = await quick.call("POST", DECODE, data=b"x", headers=PNG)
    assert (answered, problem["code"], problem["detail"], problem["hint"]) == (status, code, "in English", "по-русски")


async def test_receipts_do_not_wait_for_pictures_and_pictures_are_few(quick: World, reader: Reader) -> None:
    reader.go.clear()
    asked = [asyncio.create_task(quick.call("POST", DECODE, data=BLOCK, headers=PNG)) for _ in range(LIMIT)]
    await reader.full.wait()
    status, problem, headers = await quick.call("POST", DECODE, data=BLOCK, headers=PNG)
    assert (status, problem["code"], headers["Retry-After"]) == (503, "too_many_pictures", "5")
    assert "через несколько секунд" in problem["hint"]
    assert (await quick.get("/api/v1/receipts"))[0] == 200
    assert (await quick.post(DECODE, {"code": BLOCK.decode()}))[0] == 200
    reader.go.set()
    assert [status for status, _, _ in await asyncio.gather(*asked)] == [200] * LIMIT
    assert await _codes(quick, data=BLOCK, headers=PNG) == [ANSWER]


async def test_a_broken_upload_gives_its_place_back(quick: World) -> None:
    for _ in range(LIMIT + 1):
        status, problem, _ = await quick.call(
            "POST", DECODE, data=b"x", headers={"Content-Type": "multipart/form-data"}
        )
        assert (status, problem["code"]) == (400, "form_invalid")


async def test_curl_asks_before_it_sends_a_megabyte(quick: World, reader: Reader) -> None:
    status, answer, _ = await quick.call("POST", DECODE, data=BLOCK, headers=PNG, expect100=True)
    assert (status, answer["codes"]) == (200, [ANSWER])


async def test_who_may_ask(quick: World) -> None:
    for token, status in ((quick.receipts, 200), (quick.admin, 200), (quick.devices, 403), (None, 401)):
        answered, _, _ = await quick.call("POST", DECODE, data=BLOCK, headers=PNG, token=token)
        assert answered == status


async def test_the_description_says_what_may_be_sent(quick: World) -> None:
    _, document, _ = await quick.get("/openapi.json", token=None)
    operation = document["paths"][DECODE]["post"]
    assert operation["x-scope"] == "receipts"
    kinds = {"application/json", "multipart/form-data", "application/octet-stream", "image/*"}
    assert set(operation["requestBody"]["content"]) == kinds
