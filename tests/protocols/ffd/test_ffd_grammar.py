"""The hand-written walk and the construct grammar of the same tags are one language, both ways."""

from datetime import datetime
from decimal import Decimal

import pytest
from construct import ConstructError, GreedyRange
from hypothesis import given
from hypothesis import strategies as st

from protocols.ffd.grammar import DOCUMENT, specialise, value_of
from protocols.ffd.tags import TAGS, Kind
from protocols.ffd.tlv import Element, TlvError, decode, encode

TREES = sorted(number for number, tag in TAGS.items() if tag.kind is Kind.STLV)
LEAVES = [*sorted(TAGS.keys() - set(TREES)), 9999, 1137, 65535]


def framed(tag, raw):
    return tag.to_bytes(2, "little") + len(raw).to_bytes(2, "little") + raw


raw_values = st.binary(max_size=10) | st.sampled_from([TAGS[1018].max_len, 16, 20]).flatmap(
    lambda n: st.text(" 0123456789", min_size=n, max_size=n).map(str.encode)
)
raw_leaves = st.builds(framed, st.sampled_from(LEAVES), raw_values)
raw_sequences = st.recursive(
    st.lists(raw_leaves, max_size=6).map(b"".join),
    lambda inner: st.lists(raw_leaves | st.builds(framed, st.sampled_from(TREES), inner), max_size=4).map(b"".join),
    max_leaves=12,
)


@st.composite
def damaged(draw):
    """A sequence with a few bytes changed, cut off or added: lengths that lie."""
    data = bytearray(draw(raw_sequences))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(data)


def width(value):
    return getattr(value, "width", None)


def plain(elements):
    """Elements of either side as nested lists that tell 0 from b"", 2 from 2.000 and a width from no width."""
    found = []
    for element in elements:
        tag, value = (element.tag, element.value)
        if isinstance(value, list | tuple):
            found.append((tag, plain(value)))
        else:
            found.append((tag, type(value).__name__, str(value), width(value)))
    return found


@given(raw_sequences)
def test_both_read_the_same_and_write_it_back(data):
    ours, theirs = decode(data), DOCUMENT.parse(data)
    assert plain(ours) == plain(theirs)
    assert encode(ours, limits=False) == data
    assert DOCUMENT.build(theirs) == data


@given(damaged())
def test_both_refuse_the_same(data):
    try:
        ours = plain(decode(data))
    except TlvError:
        with pytest.raises(ConstructError):
            DOCUMENT.parse(data)
    else:
        assert ours == plain(DOCUMENT.parse(data))
        assert encode(decode(data), limits=False) == data


CP866 = st.text(st.sampled_from([bytes((n,)).decode("cp866") for n in range(256)]), max_size=20)
VALUES = {
    Kind.BYTE: st.integers(0, 255),
    Kind.BITS: st.integers(0, 255),
    Kind.U16: st.integers(0, 2**16 - 1),
    Kind.U32: st.integers(0, 2**32 - 1),
    Kind.UNIXTIME: st.datetimes(datetime(1970, 1, 1), datetime(2106, 2, 7)).map(lambda t: t.replace(microsecond=0)),
    Kind.VLN: st.integers(0, 2**64 - 1),
    Kind.FVLN: st.decimals(0, Decimal(10**9), places=3)
    | st.decimals(0, 99999, places=6)
    | st.integers(0, 99).map(Decimal),
    Kind.STRING: CP866,
    Kind.BYTES: st.binary(max_size=40),
}


def element_of(number):
    values = VALUES[TAGS[number].kind]
    if TAGS[number].kind is Kind.STRING and TAGS[number].fixed:
        values = values.map(lambda text: text.rstrip(" ")[: TAGS[number].max_len].rstrip(" "))
    return values.map(lambda value: Element(number, value))


leaves = st.sampled_from(sorted(TAGS.keys() - set(TREES))).flatmap(element_of)
documents = st.recursive(
    st.lists(leaves, max_size=6).map(tuple),
    lambda inner: st.lists(leaves | st.builds(Element, st.sampled_from(TREES), inner), max_size=4).map(tuple),
    max_leaves=12,
)


def containers(elements):
    return [{"tag": e.tag, "value": containers(e.value) if isinstance(e.value, tuple) else e.value} for e in elements]


@given(documents)
def test_both_write_the_same_and_it_reads_back(elements):
    data = encode(elements, limits=False)
    assert data == DOCUMENT.build(containers(elements))
    assert plain(decode(data)) == plain(elements)


@given(st.sampled_from(sorted(TAGS.keys() - set(TREES))), st.one_of(*VALUES.values(), st.none(), st.floats()))
def test_both_refuse_the_same_values(number, value):
    build = specialise(value_of(TAGS[number]))[1]
    try:
        expected = value_of(TAGS[number]).build(value)
    except Exception:
        with pytest.raises(Exception):  # noqa: B017, PT011 - the walk turns whatever comes into TlvError
            build(value)
        with pytest.raises(TlvError):
            encode([Element(number, value)]) if not isinstance(value, bytes) else encode([Element(number, None)])
    else:
        assert build(value) == expected


def test_an_unknown_declaration_is_not_specialised():
    with pytest.raises(TypeError, match="no specialisation"):
        specialise(GreedyRange(value_of(TAGS[1054])))
