"""`token create | list | revoke`: through the running daemon, or in the journal itself when none owns it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from devices.errors import GatewayError
from gateway import rim
from gateway.api.tokens import Tokens
from gateway.cli import output
from gateway.cli.client import Client, connect
from gateway.cli.remote import data_directory
from gateway.journal import DirectoryInUse, Journal, Token

Direct = Callable[[Tokens], Awaitable[Any]]
Remote = Callable[[Client], Awaitable[Any]]


def create(config: Path | None, data_dir: Path | None, name: str, scope: str, *, as_json: bool) -> None:
    """Make a token and show its secret."""

    async def direct(tokens: Tokens) -> dict[str, Any]:
        token, secret = await tokens.create(name, scope)
        return {**_object(token), "token": secret}

    async def remote(gateway: Client) -> Any:
        return await gateway.post("/api/v1/tokens", {"name": name, "scope": scope})

    made = _run(config, data_dir, direct, remote, as_json=as_json)
    if as_json:
        output.emit_json(made)
    else:
        output.emit(made["token"])
        output.emit(f"Токен {made['id']} «{made['name']}», права: {made['scope']}. Показан один раз: сохраните его.")


def show(config: Path | None, data_dir: Path | None, *, as_json: bool) -> None:
    """List tokens."""

    async def direct(tokens: Tokens) -> dict[str, Any]:
        return {"tokens": [_object(token) for token in await tokens.list()]}

    async def remote(gateway: Client) -> Any:
        return await gateway.get("/api/v1/tokens")

    found = _run(config, data_dir, direct, remote, as_json=as_json)
    if as_json:
        output.emit_json(found)
        return
    output.table(
        "Токены",
        ("id", "имя", "права", "создан", "отозван"),
        ((t["id"], t["name"], t["scope"], t["created_at"], t["revoked_at"]) for t in found["tokens"]),
    )


def revoke(config: Path | None, data_dir: Path | None, token_id: str, *, as_json: bool) -> None:
    """Make a token worthless; exit 1 when there is none."""

    async def direct(tokens: Tokens) -> dict[str, Any]:
        return {"id": token_id, "revoked": await tokens.revoke(token_id)}

    async def remote(gateway: Client) -> Any:
        return await gateway.delete(f"/api/v1/tokens/{token_id}")

    done = _run(config, data_dir, direct, remote, as_json=as_json)
    if not done["revoked"]:
        output.fail(
            f"no token {token_id!r} is in force; see `fiscal-gateway token list`", as_json=as_json, code="token"
        )
    if as_json:
        output.emit_json(done)
    else:
        output.emit(f"Токен {token_id} отозван.")


def _run(config: Path | None, data_dir: Path | None, direct: Direct, remote: Remote, *, as_json: bool) -> Any:
    directory = data_directory(config, data_dir, as_json=as_json)

    async def session() -> Any:
        try:
            # A failed commit reaches us as JournalFailed; there is no daemon to stop.
            journal = await Journal.open(
                directory, now=rim.now, executor=rim.ThreadExecutor("journal"), on_fatal=lambda _: None
            )
        except DirectoryInUse:
            async with connect(directory) as gateway:
                return await remote(gateway)
        try:
            tokens = Tokens(journal, now=rim.now, rng=rim.system_random())
            await tokens.load()
            return await direct(tokens)
        finally:
            await journal.close()

    try:
        return asyncio.run(session())
    except GatewayError as error:
        output.fail_with(error, as_json=as_json)


def _object(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scope": token.scope,
        "created_at": token.created_at,
        "revoked_at": token.revoked_at,
    }
