"""Marking codes out of pictures and text."""

from __future__ import annotations

from aiohttp import web
from pydantic import ValidationError

from devices.errors import RequestError
from gateway.api import answers
from gateway.api.codes import codes_object
from gateway.api.context import Context
from gateway.api.parsing import read_json
from gateway.api.problems import Problem
from gateway.api.query import no_query
from gateway.api.uploads import content_type, is_upload, read_picture
from gateway.marking.decode import Decoded
from gateway.receipts.faults import BodyFaults, from_pydantic
from gateway.receipts.schema import Model
from protocols.ffd.faults import Fault
from protocols.marking import Code, CodeError, parse
from protocols.marking.notices import refusal

#: Of a code with every character escaped twice.
LONGEST_TEXT = 4096


class DecodeBody(Model):
    """A code as a scanner or a keyboard gave it; damage is repaired where that is provable."""

    code: str


async def decode(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """The codes on a picture, or a code in parts."""
    no_query(request)
    if is_upload(request):
        return answers.json_answer(codes_object(*await _of_picture(context, request)))
    if (kind := content_type(request)) != "application/json":
        raise Problem(
            "content_type_invalid",
            f"the content type is {kind[:50] or 'missing'!r}; a picture is image/jpeg, image/png, "
            "application/octet-stream or a part of multipart/form-data, a code is application/json",
            hint="Программа неверно указала, что шлёт: у снимка Content-Type image/jpeg или image/png, у кода "
            "application/json. Обратитесь к авторам программы.",
        )
    return answers.json_answer(codes_object([_of_text(await read_json(request))]))


async def _of_picture(context: Context, request: web.BaseRequest) -> Decoded:
    with context.decoder.place():
        picture = await read_picture(request)
        try:
            return await context.decoder.codes(picture)
        except RequestError as error:
            raise Problem(error.code, error.detail, hint=error.hint) from error


def _of_text(raw: object) -> Code:
    try:
        body = DecodeBody.model_validate(raw)
    except ValidationError as error:
        raise BodyFaults(from_pydantic(error)) from error
    try:
        # Whatever the damage, so much is no code; repairs are tried on short texts only.
        if len(body.code) > LONGEST_TEXT:
            raise refusal("marking_code_length")
        return parse(body.code)
    except CodeError as error:
        fault = Fault("/code", error.code, error.detail, error.hint)
        raise Problem("body_invalid", "the code cannot be read", errors=[fault], hint=error.hint) from error
