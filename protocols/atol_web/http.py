"""HTTP as a client of the web server speaks it: one call a connection, as bytes out and bytes in (h11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import h11

#: Bytes of an answer after which it is none: a drive's document has 32 KiB, in JSON and twice less than 1 MiB.
MOST: Final = 4 << 20


class NotHttp(ValueError):
    """The other side speaks something else, or what it says is cut off."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    body: bytes


class Call:
    """One call: `data` is written, then `feed` is given what comes back until it answers.

    The connection is the call's own, so a server that closes idle ones is nothing to reckon with.
    """

    def __init__(
        self, method: str, target: str, *, host: str, body: bytes | None = None, authorization: str | None = None
    ) -> None:
        self._connection = h11.Connection(h11.CLIENT)
        self._status: int | None = None
        self._body = bytearray()
        headers = [("Host", host), ("Connection", "close"), ("Accept", "application/json")]
        if authorization is not None:
            headers.append(("Authorization", authorization))
        if body is not None:
            headers += [("Content-Type", "application/json; charset=utf-8"), ("Content-Length", str(len(body)))]
        events = [h11.Request(method=method, target=target, headers=headers)]
        self.data = b"".join(self._connection.send(one) or b"" for one in [*events, *_content(body)])

    def feed(self, data: bytes) -> HttpAnswer | None:
        """The answer once it is whole; `b""`: the other side closed the connection. NotHttp."""
        try:
            self._connection.receive_data(data)
            return self._heard()
        except h11.RemoteProtocolError as error:
            raise NotHttp(str(error)) from error

    def _heard(self) -> HttpAnswer | None:
        while True:
            event: Any = self._connection.next_event()
            match event:
                case h11.Response():
                    self._status = event.status_code
                case h11.Data():
                    self._body += event.data
                    if len(self._body) > MOST:
                        raise NotHttp(f"an answer of more than {MOST} bytes")
                case h11.EndOfMessage():
                    assert self._status is not None, "h11 tells the head first"
                    return HttpAnswer(self._status, bytes(self._body))
                case h11.NEED_DATA | h11.PAUSED:
                    return None
                case h11.ConnectionClosed():
                    raise NotHttp("the connection was closed before an answer")


def _content(body: bytes | None) -> Iterator[Any]:
    if body:
        yield h11.Data(data=body)
    yield h11.EndOfMessage()
