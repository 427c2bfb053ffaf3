"""Marking codes for tests, made without the package under test: its own alphabet, check digit and shapes."""

from __future__ import annotations

import base64
import string

from hypothesis import strategies as st

GS = "\x1d"
#: GS1 set 82.
SET82 = string.ascii_letters + string.digits + "!\"%&'()*+,-./_:;<=>?"
PRICES = string.ascii_uppercase + string.ascii_lowercase + string.digits + "!\"%&'*+-./_,:;=<>?"


def gtin_of(thirteen: str) -> str:
    """Thirteen digits and their check digit, as the GS1 leaflet explains it: from the left, times 3 and 1 in turn."""
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(thirteen))
    return f"{thirteen}{-total % 10}"


def _text(alphabet: str, length: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=length, max_size=length)


gtins = _text(string.digits, 13).map(lambda digits: gtin_of("0" + digits[1:]))


def serials(*lengths: int) -> st.SearchStrategy[str]:
    return st.sampled_from(lengths).flatmap(lambda length: _text(SET82, length))


def _long(size: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=size, max_size=size).map(lambda data: base64.b64encode(data).decode("ascii"))


keys = st.sampled_from(("EE06", "FFD0", "8097", "ffd0"))
short_tails = _text(SET82, 4).map(lambda value: f"93{value}")
weighed_tails = st.tuples(short_tails, _text(string.digits, 6)).map(lambda parts: f"{parts[0]}{GS}3103{parts[1]}")
block_tails = st.tuples(_text(string.digits, 6), short_tails).map(lambda parts: f"8005{parts[0]}{GS}{parts[1]}")
long44_tails = st.tuples(keys, _long(32)).map(lambda parts: f"91{parts[0]}{GS}92{parts[1]}")
long88_tails = st.tuples(keys, _long(64)).map(lambda parts: f"91{parts[0]}{GS}92{parts[1]}")


def gs1_codes(serial: st.SearchStrategy[str], tail: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(gtins, serial, tail).map(lambda parts: f"01{parts[0]}21{parts[1]}{GS}{parts[2]}")


#: What groups print, where none prints a serial number one shorter or longer with the same tail.
lengthy = st.one_of(
    gs1_codes(serials(13, 20), short_tails),
    gs1_codes(serials(6), weighed_tails),
    gs1_codes(serials(7), block_tails),
    gs1_codes(serials(13, 20), long44_tails),
    gs1_codes(serials(13), long88_tails),
)
#: What groups print: the serial lengths of the tails.
shaped = st.one_of(lengthy, gs1_codes(serials(6, 7), short_tails))
#: Serial numbers of any length besides.
gs1 = st.one_of(shaped, gs1_codes(serials(*range(1, 21)), st.one_of(short_tails, long44_tails, long88_tails)))


def price_of(roubles: int) -> str:
    """Kopecks in four digits of base 80."""
    kopecks = roubles * 100
    return "".join(PRICES[kopecks // 80**place % 80] for place in (3, 2, 1, 0))


#: Their prices are whole roubles, less than 5120 of them; a check code of digits may be the front of another scan.
packs = (
    st.tuples(gtins, _text(SET82, 7), st.integers(0, 5119).map(price_of), _text(SET82, 4))
    .map("".join)
    .filter(lambda text: not text[25:].isdecimal())
)
countries = st.sampled_from(("RU", "BY", "KZ", "KG", "AM"))
kizes = st.tuples(countries, _text(string.digits, 6), _text(string.digits, 7)).map(
    lambda parts: f"{parts[0]}-{parts[1]}-AAA{parts[2]}"
)
codes = st.one_of(gs1, packs, kizes)
