"""Nonsense at every port of real processes: nobody dies, nothing stays, the next good client is served at once."""

from pathlib import Path

from fuzzing.garbage import attack, no_failures, shop


def test_nonsense_at_every_port_leaves_nothing_behind(tmp_path: Path) -> None:
    with shop(tmp_path) as there:
        attack(there, 150, seed=7)
        there.gateway.kill()
        assert no_failures(there.gateway.errors()) == []
        for process in (there.register, there.ofd):
            code, _, log = process.stop()
            assert (code, no_failures(log)) == (0, [])
