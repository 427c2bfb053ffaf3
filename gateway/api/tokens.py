"""API tokens: created once, shown once, kept as SHA-256."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import random
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import structlog
from aiohttp import web

from devices.errors import RequestError
from gateway.config import ADMIN_TOKEN_FILE
from gateway.journal import Journal, Token
from gateway.private_files import mend, write_private

log = structlog.get_logger(__name__)

SCOPES = ("receipts", "devices", "admin")
PREFIX = "fgw_"
#: A wrong token is answered after this long at most; a valid one at once (design.md: never a lock-out).
WRONG_TOKEN_SECONDS = (0.1, 0.4)


class Granted(NamedTuple):
    """Whose token a request came with, and what it may do."""

    name: str
    scopes: frozenset[str]


#: In a request that passed the gate.
GRANTED: web.RequestKey[Granted] = web.RequestKey("granted", Granted)


def digest_of(secret: str) -> str:
    """Hex SHA-256 of a token."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def new_secret(rng: random.Random) -> str:
    """256 random bits; `rng` must be the operating system's."""
    return f"{PREFIX}{rng.getrandbits(256):064x}"


def parse_scopes(scope: str) -> frozenset[str]:
    """Scopes of a comma- or space-separated list; RequestError names an unknown one."""
    words = scope.replace(",", " ").split()
    unknown = [word for word in words if word not in SCOPES]
    if unknown or not words:
        raise RequestError(
            f"unknown scope {' '.join(unknown)!r}; the scopes are {', '.join(SCOPES)}",
            code="scope_unknown",
            hint="Права токена: receipts, devices или admin.",
        )
    return frozenset(words)


class Tokens:
    """The tokens in force, in memory; every change goes through the journal first."""

    def __init__(self, journal: Journal, *, now: Callable[[], datetime], rng: random.Random) -> None:
        self._journal = journal
        self._now = now
        self._rng = rng
        self._known: dict[str, Token] = {}
        self._granted: dict[str, Granted] = {}

    async def load(self) -> None:
        """Read the tokens in force; also called when another process may have changed them."""
        tokens = [token for token in await self._journal.tokens() if token.revoked_at is None]
        self._known = {token.digest: token for token in tokens}
        self._granted = {token.digest: Granted(token.name, frozenset(token.scope.split())) for token in tokens}

    def granted(self, secret: str) -> Granted | None:
        """What a valid token grants, None for any other."""
        digest = digest_of(secret)
        token = self._known.get(digest)
        if token is None or not hmac.compare_digest(token.digest, digest):
            return None
        return self._granted[digest]

    async def wrong(self) -> None:
        """The pause before a wrong token hears 401."""
        await asyncio.sleep(self._rng.uniform(*WRONG_TOKEN_SECONDS))

    async def create(self, name: str, scope: str) -> tuple[Token, str]:
        """A new token and its secret, which is nowhere kept."""
        secret = new_secret(self._rng)
        token = await self._add(name, scope, secret)
        return token, secret

    async def list(self) -> list[Token]:
        return await self._journal.tokens()

    async def revoke(self, token_id: str) -> bool:
        """False when there is no such token in force."""
        revoked = await self._journal.revoke_token(token_id)
        await self.load()
        return revoked

    async def ensure_admin(self, data_dir: Path) -> Path:
        """The admin token's file: made (0600) on the first start, taken over later; a revoked one stays revoked."""
        path = data_dir / ADMIN_TOKEN_FILE
        secret = read_secret(path)
        if secret is None:
            secret = new_secret(self._rng)
            write_private(path, f"{secret}\n".encode("ascii"))
        elif mend(path):
            log.warning(
                "others could read the admin token's file: its rights were corrected",
                file=str(path),
                next_step="if strangers use this machine: delete the file, revoke the token `admin`, start again",
            )
        if not any(hmac.compare_digest(token.digest, digest_of(secret)) for token in await self.list()):
            await self._add("admin", "admin", secret)
        await self.load()
        return path

    async def _add(self, name: str, scope: str, secret: str) -> Token:
        token = Token(
            id=f"{self._rng.getrandbits(48):012x}",
            name=name,
            scope=" ".join(sorted(parse_scopes(scope))),
            digest=digest_of(secret),
            created_at=self._now(),
        )
        await self._journal.add_token(token)
        await self.load()
        return token


def read_secret(path: Path) -> str | None:
    """The token in a file, None when there is none."""
    try:
        return path.read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def may(scopes: Iterable[str], needed: str) -> bool:
    """Whether a token with `scopes` may do what needs `needed`."""
    return needed in scopes or "admin" in scopes
