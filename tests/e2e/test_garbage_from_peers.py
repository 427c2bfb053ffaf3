"""A register or an OFD that is none: nothing is believed without proof, nobody else waits, nothing grows."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from emulator_process import Emulator, until
from fuzzing.garbage import GROWTH_KIB, no_failures
from fuzzing.hostile import ANSWERS, OFDS, REGISTERS, Peer, turncoat
from fuzzing.sockets import Footprint
from gateway_process import Gateway, sale
from raw_shtrih import RawShtrih

SLOW = {"silence", "lying_lengths", "other_commands"}
PORTS = ("--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0")
#: What a receipt may be while nothing true is known of its register.
UNDECIDED = {"queued", "running", "settling", "held"}


def test_registers_that_are_none_prove_nothing(tmp_path: Path) -> None:
    """All of them beside a good one, in one daemon."""
    peers = {name: Peer(manner, seed) for seed, (name, manner) in enumerate(REGISTERS.items())}
    with Emulator("shtrih", *PORTS) as good:
        links = {"good": f"tcp:127.0.0.1:{good.ports[0]}"}
        links |= {name.replace("_", "-"): f"tcp:127.0.0.1:{peer.port}" for name, peer in peers.items()}
        with Gateway(tmp_path, links, extra='family = "shtrih"') as gateway:
            gateway.post("/api/v1/receipts?wait=60", sale("first", register="good"))
            before = Footprint.of(gateway.process.pid)
            for name in links:
                if name != "good":
                    gateway.post("/api/v1/receipts", sale(f"at-{name}", register=name))
            for number in range(5):
                answer = gateway.post("/api/v1/receipts?wait=60", sale(f"good-{number}", register="good"))
                assert answer["state"] == "done", answer
            # one that says nothing holds its first connection for as long as the driver asks again
            until(lambda: all(peer.connections >= 2 or name in SLOW for name, peer in peers.items()), 30)
            states = {name: gateway.get(f"/api/v1/receipts/at-{name}") for name in links if name != "good"}
            wrong = {name: state for name, state in states.items() if state["state"] not in UNDECIDED}
            assert wrong == {}
            assert all(state["fiscal"] is None for state in states.values())
            assert Footprint.of(gateway.process.pid).kib - before.kib <= GROWTH_KIB
            assert gateway.get("/health/live") == {"status": "live"}
            gateway.kill()
            assert no_failures(gateway.errors()) == []
    for peer in peers.values():
        peer.__exit__()


@pytest.mark.parametrize("name", OFDS)
def test_an_ofd_that_is_none_confirms_nothing(name: str) -> None:
    with (
        Peer(OFDS[name]) as ofd,
        Emulator("shtrih", *PORTS, "--ofd", f"127.0.0.1:{ofd.port}") as register,
        RawShtrih(register.ports[0]) as host,
    ):
        before = Footprint.of(register.process.pid)
        host.open_shift()
        host.open_sale()
        made = host.close_sale()
        until(lambda: ofd.connections >= (1 if name == "flood" else 2))  # the others were refused once
        assert host.last_document() == made
        unconfirmed = int.from_bytes(host.call(0xFF3F), "little")
        assert unconfirmed == made, "a document is confirmed by nonsense"
        assert Footprint.of(register.process.pid).kib - before.kib <= GROWTH_KIB
        code, _, log = register.stop()
        assert (code, no_failures(log)) == (0, [])


def test_a_register_that_begins_to_lie_at_the_closing_leaves_the_receipt_unsettled(tmp_path: Path) -> None:
    """The closing never reaches it; what it says from then on is well-formed and untrue."""
    with ExitStack() as running:
        links = {}
        for seed, (name, answer) in enumerate(ANSWERS.items()):
            honest = running.enter_context(Emulator("shtrih", *PORTS))
            peer = running.enter_context(Peer(turncoat(honest.ports[0], 0xFF45, answer), seed))
            links[name.replace("_", "-")] = f"tcp:127.0.0.1:{peer.port}"
        gateway = running.enter_context(Gateway(tmp_path, links, extra='family = "shtrih"'))
        for name in links:
            gateway.post("/api/v1/receipts", sale(f"at-{name}", register=name))

        def jobs() -> dict[str, Any]:
            return {name: gateway.get(f"/api/v1/receipts/at-{name}") for name in links}

        # warned: the register was asked what became of the receipt, and its answer was no proof
        until(lambda: all(job["state"] == "settling" and job["warnings"] for job in jobs().values()), 30)
        assert {name: job["fiscal"] for name, job in jobs().items()} == dict.fromkeys(links)
        gateway.kill()
        assert no_failures(gateway.errors()) == []
