"""Reading a picture out of a request: as the body itself, or as a part of a form; within bytes and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http import HttpProcessingError

from devices.scanners.looks import MAX_BYTES
from gateway.api.problems import Problem

#: Content types of a picture sent as the body itself; "image/" stands for all that begin so.
RAW: Final = ("image/", "application/octet-stream")
FORM: Final = "multipart/form-data"
SECONDS: Final = 30.0
#: Headers and borders of a form around its picture.
_AROUND: Final = 65_536
_CHUNK: Final = 65_536
_PARTS: Final = 16
_AS_IT_IS: Final = frozenset({"binary", "8bit", "7bit"})


def content_type(request: web.BaseRequest) -> str:
    """Without parameters, in small letters."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def is_upload(request: web.BaseRequest) -> bool:
    """Whether the body claims to be a picture or a form."""
    kind = content_type(request)
    return kind == FORM or kind.startswith(RAW)


async def read_picture(request: web.BaseRequest) -> bytes:
    """The picture's bytes; of a form its only file, or its only part. Several files are refused."""
    if (request.content_length or 0) > MAX_BYTES + _AROUND:
        raise _too_large(f"the body has {request.content_length} bytes")
    if (encoding := request.headers.get("Content-Encoding", "identity")).lower() != "identity":
        raise Problem(
            "content_encoding_refused",
            f"the body is encoded as {encoding[:50]!r}; send it as it is",
            headers={"Connection": "close"},
        )
    await _expected(request)
    try:
        async with asyncio.timeout(SECONDS):
            if content_type(request) == FORM:
                return await _from_form(request)
            return await _gather(_chunks(request))
    except TimeoutError as error:
        raise Problem(
            "request_timeout",
            f"the picture was not complete after {SECONDS:g} seconds",
            headers={"Connection": "close"},
        ) from error
    except (web.PayloadAccessError, EOFError) as error:
        raise Problem("body_incomplete", "the connection ended within the body") from error


async def _expected(request: web.BaseRequest) -> None:
    """curl asks before it sends a megabyte, and waits a second for the word."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        writer = request.writer
        await writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        writer.output_size = 0


async def _from_form(request: web.BaseRequest) -> bytes:
    try:
        reader = MultipartReader(request.headers, request.content)
        name: str | None = None
        picture, alone = b"", None
        parts = 0
        while (part := await reader.next()) is not None:
            if (parts := parts + 1) > _PARTS:
                raise Problem("form_invalid", f"the form has more than {_PARTS} parts")
            if not isinstance(part, BodyPartReader):
                raise Problem("form_invalid", "a form within a form")
            encoding = part.headers.get("Content-Transfer-Encoding", "binary").lower()
            if encoding not in _AS_IT_IS or "Content-Encoding" in part.headers:
                raise Problem("form_invalid", f"the part {str(part.name)[:50]!r} is encoded; send it as it is")
            if not _is_file(part):
                text = await _gather(_part(part))
                alone = text if alone is None else b""
            elif not picture:  # a page sends an empty file for a field that nobody filled
                name, picture = str(part.filename or part.name), await _gather(_part(part))
            elif await part.read_chunk(_CHUNK):
                raise _several(str(name), str(part.filename or part.name))
    # All that aiohttp's reader may say.
    except (ValueError, RuntimeError, AssertionError, LookupError, HttpProcessingError) as error:
        raise Problem("form_invalid", f"the form cannot be read: {str(error)[:200]}") from error
    if name is not None:
        return picture
    if not alone:
        raise Problem("form_invalid", "the form holds no file")
    return alone


def _is_file(part: BodyPartReader) -> bool:
    return part.filename is not None or part.headers.get("Content-Type", "").lower().startswith("image/")


def _several(one: str, other: str) -> Problem:
    return Problem(
        "form_invalid",
        f"the form holds several files, {one[:50]!r} and {other[:50]!r}: send one a request",
        hint="В одном запросе несколько снимков, а читается один: передавайте снимки по одному.",
    )


async def _chunks(request: web.BaseRequest) -> AsyncIterator[bytes]:
    while chunk := await request.content.readany():
        yield chunk


async def _part(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_CHUNK):
        yield chunk


async def _gather(chunks: AsyncIterator[bytes]) -> bytes:
    picture = bytearray()
    async for chunk in chunks:
        picture += chunk
        if len(picture) > MAX_BYTES:
            raise _too_large(f"more than {MAX_BYTES} bytes were sent")
    return bytes(picture)


def _too_large(detail: str) -> Problem:
    return Problem(
        "picture_too_large",
        f"{detail}; {MAX_BYTES} bytes of a picture are read",
        headers={"Connection": "close"},
    )
