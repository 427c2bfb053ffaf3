"""Another GS1 parser, unmodified, reads the same elements (biip, Apache-2.0, https://github.com/jodal/biip).

It knows element strings only, no packs and no lost separators, and it does not mind a wrong check digit.
"""

from __future__ import annotations

import biip
import pytest
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_messages import GS1Message
from codes_made import GS, gs1
from hypothesis import given, settings

from protocols.marking import CodeError, parse
from protocols.marking.gs1 import IDENTIFIER

#: Clothing, milk by weight, a block, shoes with a customs code, a date before the tail, beer by volume, a case.
SHAPES = (
    "010464007801637221AgqLybqxM9MbR\x1d91FFD0\x1d92dGVzdL31KAYL0YT6592MjmW7a2HkF3IY+muf2pVSKdQ=",
    "0104607070190158215Ky5oR\x1d93dGVz\x1d3103001250",
    "010461013628057121%008iVk\x1d8005180000\x1d93dGVz",
    "010463003546359221Jty945YpbLtBA\x1d2406402\x1d91ffd0\x1d92dGVzdA==",
    "010406047000001221ABCdef\x1d1726013193dGVz",
    "0104607070190158215Ky5oR1\x1d3355000500\x1d93dGVz",
    "011460043993762021NH9X1JF\x1d1012940183",
)


def biips(text: str) -> tuple[tuple[str, str], ...]:
    message = biip.parse(f"]d2{text}").gs1_message
    assert message is not None
    return tuple((element.ai.ai, element.value) for element in message.element_strings)


@pytest.mark.parametrize("text", SHAPES)
def test_the_same_elements_of_every_shape(text: str) -> None:
    assert parse(text).elements == biips(text)


@settings(max_examples=60)
@given(gs1)
def test_the_same_elements_of_any_code(text: str) -> None:
    assert parse(text).elements == biips(text)


def test_the_same_weight() -> None:
    message = biip.parse(f"]d2{SHAPES[1]}").gs1_message
    assert message is not None
    (weight,) = (element.decimal for element in message.element_strings if element.decimal is not None)
    assert parse(SHAPES[1]).weight == weight


def test_where_biip_swallows_a_lost_separator_we_put_it_back() -> None:
    lost = SHAPES[1].partition(GS)[0] + "93dGVz"
    assert biips(lost)[1] == ("21", "5Ky5oR93dGVz")
    assert parse(lost).serial == "5Ky5oR"


def test_what_biip_refuses_is_refused() -> None:
    lost = "0104630199251844215f7iE!r2G:fR91EE1092qXlY5R6rFqV070H88R781DsmF+jLqHw+K7Y4f4h/lFc="
    with pytest.raises(biip.ParseError):
        GS1Message.parse(lost)
    with pytest.raises(CodeError):
        parse(lost)


def test_the_same_identifiers_exist() -> None:
    """GS1's own list, as biip carries it: an identifier that lost a digit must be none of ours either."""
    digits = [f"{number:0{width}}" for width in (2, 3, 4) for number in range(10**width)]
    known = {name for name in digits if _known_to_biip(name)}
    assert len(known) > 500
    assert {name for name in digits if (match := IDENTIFIER(name)) is not None and match[0] == name} == known


def _known_to_biip(name: str) -> bool:
    try:
        return GS1ApplicationIdentifier.extract(name).ai == name
    except biip.ParseError:
        return False
