"""HTTP of ATOL's web server as bytes: answers in any pieces, and what captured bytes say."""

from __future__ import annotations

import pytest

from protocols.atol_web.explain import Sender, explain, fits
from protocols.atol_web.http import MOST, Call, HttpAnswer, NotHttp
from protocols.framing import Fit

BODY = b'{"results":[{"status":"error","errorCode":68,"result":{"a":null,"b":[true,1.50]}}]}'
ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY),
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
    "until closed": b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
    "told before": b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
    % (len(BODY), BODY),
}


def heard(*pieces: bytes) -> None:
    """Of an answer that never ends."""
    call = Call("GET", "/", host="kkt")
    for piece in pieces:
        assert call.feed(piece) is None


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_an_answer_in_pieces(answer: bytes, step: int) -> None:
    call = Call("GET", "/requests/u", host="kkt")
    found = None
    for at in range(0, len(answer), step):
        assert found is None
        found = call.feed(answer[at : at + step])
    assert (found or call.feed(b"")) == HttpAnswer(200, BODY)


@pytest.mark.parametrize(
    "answer",
    [b"", ANSWERS["length"][:-1], ANSWERS["chunked"][:-3], b"\x02\x05\x10\x03", b"HTTP/1.1 OK\r\n\r\n"],
    ids=["nothing", "cut", "cut chunk", "frame", "no status"],
)
def test_what_is_no_whole_answer(answer: bytes) -> None:
    with pytest.raises(NotHttp):
        heard(answer, b"")


def test_an_endless_answer_is_given_up() -> None:
    with pytest.raises(NotHttp, match="more than"):
        heard(b"HTTP/1.0 200 OK\r\n\r\n", *[b"x" * 100_000] * (MOST // 100_000 + 2))


def test_a_call_as_bytes() -> None:
    call = Call("POST", "/requests", host="kkt:16732", body=b'{"uuid":"a"}', authorization="Basic YTpi")
    head, _, body = call.data.partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /requests HTTP/1.1"
    assert {b"Host: kkt:16732", b"Connection: close", b"Content-Length: 12"} <= set(head.split(b"\r\n"))
    assert body == b'{"uuid":"a"}'
    assert explain(call.data) == ("запрос POST /requests", '  uuid: "a"')
    assert not any("YTpi" in line for line in explain(call.data))


def test_an_answer_in_words() -> None:
    assert explain(ANSWERS["length"]) == (
        "ответ 200 OK",
        "  results:",
        "    [1]:",
        '      status: "error"',
        "      errorCode: 68 — Смена превысила 24 часа",
        "      result:",
        "        a: нет",
        "        b:",
        "          [1]: да",
        "          [2]: 1.50",
    )


@pytest.mark.parametrize(
    ("data", "sender", "says"),
    [
        (b"", None, "пусто"),
        (b"HTTP/1.1 200", None, "начало сообщения HTTP"),
        (b"\x02\x05", Sender.HOST, "не HTTP"),
        (ANSWERS["length"][:-5], Sender.DEVICE, "начало JSON"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", None, "не JSON"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 202\r\n\r\n{"a":"' + b"x" * 194 + b'"}', None, "194 знаков"),
    ],
)
def test_other_bytes_in_words(data: bytes, sender: Sender | None, says: str) -> None:
    assert says in " ".join(explain(data, sender))


def test_whose_bytes_these_are() -> None:
    assert fits(ANSWERS["length"]) is Fit.SURE
    assert fits(Call("GET", "/requests/u", host="kkt").data) is Fit.SURE
    assert fits(BODY) is Fit.PERHAPS
    assert fits(b"\x02\x05") is Fit.NO
