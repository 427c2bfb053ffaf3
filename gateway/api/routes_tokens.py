"""Tokens over HTTP: for the command line, while the daemon owns the journal."""

from __future__ import annotations

from typing import Annotated, Any

from aiohttp import web
from pydantic import Field, ValidationError

from devices.errors import RequestError
from gateway.api import answers
from gateway.api.context import Context
from gateway.api.parsing import read_json
from gateway.api.problems import Problem
from gateway.api.query import no_query
from gateway.api.tokens import SCOPES, parse_scopes
from gateway.journal import Token
from gateway.receipts.faults import BodyFaults, from_pydantic
from gateway.receipts.schema import Model
from gateway.receipts.values import Text64
from protocols.ffd.faults import Fault

_ONE = "|".join(SCOPES)


class TokenBody(Model):
    """Scopes are separated by spaces or commas: receipts, devices, admin."""

    name: Text64
    scope: Annotated[Text64, Field(json_schema_extra={"pattern": f"^({_ONE})([ ,]+({_ONE}))*$"})]


def token_object(token: Token) -> dict[str, Any]:
    """A token without its secret, which nobody has."""
    return {
        "id": token.id,
        "name": token.name,
        "scope": token.scope,
        "created_at": token.created_at.isoformat(),
        "revoked_at": None if token.revoked_at is None else token.revoked_at.isoformat(),
    }


async def list_tokens(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """Every token, revoked ones too."""
    no_query(request)
    return answers.json_answer({"tokens": [token_object(token) for token in await context.tokens.list()]})


async def create_token(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """A new token; `token` is the secret, shown this once."""
    try:
        body = TokenBody.model_validate(await read_json(request))
    except ValidationError as error:
        raise BodyFaults(from_pydantic(error)) from error
    try:
        parse_scopes(body.scope)
    except RequestError:
        raise BodyFaults([Fault("/scope", "unknown_value", f"scopes are {', '.join(SCOPES)}")]) from None
    token, secret = await context.tokens.create(body.name, body.scope)
    return answers.json_answer({**token_object(token), "token": secret}, status=201)


async def revoke_token(context: Context, request: web.BaseRequest, token_id: str) -> web.StreamResponse:
    """Make a token worthless."""
    no_query(request)
    if not await context.tokens.revoke(token_id):
        raise Problem("token_not_found", f"no token {token_id!r} is in force")
    return answers.json_answer({"id": token_id, "revoked": True})
