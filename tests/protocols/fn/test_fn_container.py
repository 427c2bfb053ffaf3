"""Containers captured from real drives and OFDs, and what a broken one is told."""

import captures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.fn.container import FROM_DRIVE, FROM_OFD, Container, ContainerError, build, parse, service_data

CAPTURED = {
    "registration": captures.CONTAINER_REGISTRATION,
    "re-registration": captures.SESSION_REREGISTRATION[30:],
    "answer": captures.ACK_CODE_14,
    "software answer": captures.ACK_MOCK,
}


@pytest.mark.parametrize("data", CAPTURED.values(), ids=CAPTURED)
def test_captured_container_is_written_again_byte_for_byte(data: bytes) -> None:
    assert build(parse(data)) == data


def test_registration_of_a_drive() -> None:
    container = parse(captures.CONTAINER_REGISTRATION)
    assert (container.kind, container.code, container.number) == (FROM_DRIVE, 1, 1)
    assert container.fn == "999907891234567", "padding F is no digit"
    assert container.tlv[:4] == bytes.fromhex("01000301")
    assert container.trailer == bytes.fromhex("810673fca34b28720000")


def test_answer_of_an_operator() -> None:
    container = parse(captures.ACK_CODE_14)
    assert (container.kind, container.code, container.number) == (FROM_OFD, 7, 1)
    assert container.fn == "9999078902013267"
    assert container.trailer[:2] == bytes.fromhex("8206")


@pytest.mark.parametrize("name", ["registration", "re-registration", "answer"])
def test_service_data_ends_with_mark_and_length(name: str) -> None:
    container = parse(CAPTURED[name])
    made = service_data(container.service, container.kind, container.tlv)
    assert made[10:] == container.service[10:]
    assert made[:8] == container.service[:8]


def test_mark_of_the_sender_as_captured_in_1_05() -> None:
    container = parse(CAPTURED["re-registration"])
    assert service_data(b"", FROM_DRIVE, container.tlv)[8:] == container.service[8:]
    answer = parse(CAPTURED["answer"])
    assert service_data(b"", FROM_OFD, answer.tlv)[8:] == answer.service[8:]


def test_container_of_an_archive_without_length() -> None:
    with pytest.raises(ContainerError, match="65535"):
        parse(captures.STORED_RECEIPT_10)
    container = parse(captures.STORED_RECEIPT_10, stored=True)
    assert container.fn == "8710000101557641"
    assert container.code == 3
    assert container.trailer == bytes.fromhex("81062ef455f892ba")
    assert build(container) == captures.STORED_RECEIPT_10


@pytest.mark.parametrize("at", [0, 2, 5, 9, 20, 40, 300])
def test_any_changed_byte_is_noticed(at: int) -> None:
    data = bytearray(captures.CONTAINER_REGISTRATION)
    data[at] ^= 1
    with pytest.raises(ContainerError):
        parse(bytes(data))


def test_checksum_error_is_told_apart() -> None:
    data = captures.ACK_CODE_14[:-1] + b"\x01"
    with pytest.raises(ContainerError) as caught:
        parse(data)
    assert caught.value.crc
    with pytest.raises(ContainerError) as caught:
        parse(captures.ACK_CODE_14[:-1])
    assert not caught.value.crc


@given(st.binary(max_size=200))
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(ContainerError):
        parse(data)


containers = st.builds(
    lambda code, fn, number, body, trailer, service: Container(
        kind=FROM_DRIVE,
        code=code,
        fn=f"{fn:016d}",
        number=number,
        tlv=code.to_bytes(2, "little") + len(body).to_bytes(2, "little") + body,
        trailer=trailer,
        service=service,
    ),
    st.sampled_from([1, 2, 3, 5, 31, 82]),
    st.integers(0, 10**16 - 1),
    st.integers(0, 2**24 - 1),
    st.binary(max_size=300),
    st.binary(max_size=10),
    st.binary(min_size=12, max_size=12),
)


@given(containers)
def test_round_trip(container: Container) -> None:
    assert parse(build(container)) == container


@pytest.mark.parametrize(
    "change", [{"number": 2**24}, {"fn": "12345678901234567"}, {"service": bytes(11)}, {"fn": "x" * 16}]
)
def test_what_does_not_fit_is_refused(change: dict[str, object]) -> None:
    fields = {"kind": FROM_DRIVE, "code": 3, "fn": "9999000000000001", "number": 1, "tlv": bytes.fromhex("03000000")}
    with pytest.raises(ContainerError):
        build(Container(**(fields | change)))  # type: ignore[arg-type]


def test_a_container_holds_less_than_64_kb() -> None:
    tlv = bytes.fromhex("0300ffff") + bytes(65_535)
    with pytest.raises(ContainerError, match="do not fit"):
        build(Container(kind=FROM_DRIVE, code=3, fn="9999000000000001", number=1, tlv=tlv))
