"""Hypothesis strategies of hostile input: random bytes, valid inputs mutated, and lengths that lie."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

from fuzzing.target import Target

#: What a length field lies with, little-endian and big.
_LIES = (b"\0", b"\xff", b"\0\0", b"\xff\xff", b"\xfe\xff", b"\xff\x7f", b"\0\1", b"\1\0", b"\xff\xff\xff\xff")

_ITEM = (1059).to_bytes(2, "little")


@st.composite
def mutated(draw: st.DrawFn, starts: list[bytes]) -> bytes:
    """A valid input with one to four faults in it."""
    data = bytearray(draw(st.sampled_from(starts)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(("flip", "lie", "cut", "drop", "insert", "repeat", "splice"))):
            case "flip":
                data[at : at + 1] = bytes((draw(st.integers(0, 255)),))
            case "lie":
                lie = draw(st.sampled_from(_LIES))
                data[at : at + len(lie)] = lie
            case "cut":
                del data[at:]
            case "drop":
                del data[at : at + draw(st.integers(1, 16))]
            case "insert":
                data[at:at] = draw(st.binary(max_size=16))
            case "repeat":
                piece = data[at : at + draw(st.integers(1, 32))]
                data[at:at] = piece * draw(st.integers(1, 4))
            case "splice":
                other = draw(st.sampled_from(starts))
                data[at:] = other[draw(st.integers(0, len(other))) :]
    return bytes(data)


def hostile(target: Target) -> st.SearchStrategy[bytes]:
    """Whatever may arrive where this target's bytes are expected."""
    limit = target.max_len
    anything = st.binary(max_size=min(limit, 256))
    letters = st.text(max_size=64).map(lambda text: text.encode("utf-8", "surrogatepass"))
    starts = target.starts()
    if not starts:
        return anything | letters
    return (mutated(starts) | anything | letters).map(lambda data: data[:limit])


def repeated(target: Target, size: int) -> Iterator[bytes]:
    """Inputs of about `size` bytes that punish whoever reads something twice, or believes a length."""
    for piece in (b"\0", b"\xff", b"\x02", b"\x02\xff", b"\x05", b"\x8f", b"\x9f", b"a", b" ", b"-a", b"\n", b"1"):
        yield piece * (size // len(piece))
    # nested structures, each said to reach the end; and the emptiest elements that a document can hold
    yield b"".join(_ITEM + min(size - at, 0xFFFF).to_bytes(2, "little") for at in range(4, size, 4))
    inside = (_ITEM + b"\0\0") * (min(size, 0xFFFC) // 4)
    yield _ITEM + b"\0\0" + inside
    yield b"\3\0" + len(inside).to_bytes(2, "little") + inside
    for start in target.starts()[:4]:
        if start:
            yield (start * (size // len(start) + 1))[:size]
            yield (start[:6] * (size // len(start[:6]) + 1))[:size]
