"""Every decoder of protocols/ under hostile bytes: declared errors only, and what is read is written as it was."""

import pytest
from fuzzing.inputs import hostile
from fuzzing.registry import NOT_DECODERS, TARGETS, decoders, missing
from fuzzing.target import Target
from hypothesis import HealthCheck, given, settings

#: Of one target; the slow ones draw pictures.
EXAMPLES, SLOW_EXAMPLES = 300, 8


def test_no_decoder_is_left_out() -> None:
    assert missing() == []


def test_the_rule_finds_decoders() -> None:
    found = {where for where, _ in decoders()}
    assert {"ffd.tlv.decode", "ofd.session.Parser.feed", "shtrih.explain.explain", "fn.container.parse"} <= found
    assert {"ffd.tree.to_json", "paper.layout.lines", "shtrih.errors.describe"} <= found, "tags and numbers count"
    assert not {"ffd.tlv.encode", "ofd.session.build_header"} & found, "what writes bytes does not"


def test_no_excuse_is_stale() -> None:
    found = {where for where, _ in decoders()}
    excused = {one for one in NOT_DECODERS if any(where == one or where.startswith(f"{one}.") for where in found)}
    assert excused == set(NOT_DECODERS)


@pytest.mark.parametrize("name", TARGETS)
def test_valid_and_kept_inputs(name: str) -> None:
    for data in TARGETS[name].starts():
        TARGETS[name].run(data)


@pytest.mark.parametrize("name", TARGETS)
def test_hostile_inputs(name: str) -> None:
    target = TARGETS[name]

    @settings(
        max_examples=SLOW_EXAMPLES if target.slow else EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(hostile(target))
    def run(data: bytes) -> None:
        target.run(data)

    run()


def test_an_undeclared_error_is_seen() -> None:
    with pytest.raises(ZeroDivisionError):
        Target("x", lambda data: 1 // len(data), (), (ValueError,)).run(b"")


def test_a_lossy_reading_is_seen() -> None:
    with pytest.raises(AssertionError):
        Target("x", bytes.strip, (), inverse=bytes, exact=True).run(b" a")
    with pytest.raises(AssertionError):
        Target("x", lambda data: data[:1], (), inverse=lambda value: b"0" + value).run(b"ab")


def test_what_lies_behind_a_checksum_is_reached() -> None:
    with pytest.raises(ZeroDivisionError):
        Target("x", lambda data: 1 // (data != b"fine"), (), repair=lambda data: b"fine").run(b"")
