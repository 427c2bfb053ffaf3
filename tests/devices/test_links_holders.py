"""Who keeps a port busy, as far as the system tells."""

from __future__ import annotations

import os
import pty
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.errors import LinkError
from devices.links import holders
from devices.links.parse import parse_link
from devices.links.serial import SerialLink


@pytest.fixture
def terminal() -> Iterator[str]:
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    os.close(slave)
    yield name
    os.close(master)


def process(proc: Path, pid: int, name: str | None, *files: str) -> None:
    folder = proc / str(pid) / "fd"
    folder.mkdir(parents=True)
    for number, file in enumerate(files):
        (folder / str(number)).symlink_to(file)
    if name is not None:
        (proc / str(pid) / "comm").write_text(f"{name}\n")


def test_every_process_that_has_the_port_is_found(tmp_path: Path) -> None:
    port = tmp_path / "ttyACM0"
    port.touch()
    lasting = tmp_path / "usb-SHTRIH-if00"
    lasting.symlink_to(port)
    proc = tmp_path / "proc"
    process(proc, 812, "frdrv", "/dev/null", str(port))
    process(proc, 77, "1cv8", str(port))
    process(proc, 78, "bash", "/dev/pts/1")
    process(proc, 79, None, str(port))  # its name is not told
    (proc / "self").mkdir()
    (proc / "80").mkdir()  # gone meanwhile
    found = holders.holders(str(lasting), proc=proc)
    assert [(one.pid, one.name) for one in found] == [(77, "1cv8"), (79, "?"), (812, "frdrv")]
    assert holders.named(found) == "процессами 1cv8 (77), ? (79), frdrv (812)"
    assert holders.named(found[:1]) == "процессом 1cv8 (77)"


def test_where_the_system_tells_nothing_nobody_is_named(tmp_path: Path) -> None:
    assert holders.holders("/dev/ttyS0", proc=tmp_path / "none") == ()
    assert "другой программой" in holders.named(())


async def test_a_busy_port_names_the_process(terminal: str) -> None:
    holder = SerialLink(terminal)
    await holder.open()
    with pytest.raises(LinkError) as busy:
        await SerialLink(terminal).open()
    held = holders.holders(terminal)
    await holder.close()
    (own,) = (one.name for one in held)
    assert busy.value.code == "link_busy"
    assert f"{terminal} занят процессом {own} ({os.getpid()})" in busy.value.hint


def test_a_speed_that_nobody_stated_can_be_tuned() -> None:
    free, stated = parse_link("serial:COM3")(), parse_link("serial:COM3?baudrate=9600")()
    assert (free.tunable, stated.tunable, parse_link("tcp:kkt:7778")().tunable) == (True, False, False)
    free.tune(57600)
    assert free.name == "serial:COM3?baudrate=57600"
    with pytest.raises(ValueError, match="no speed"):
        stated.tune(57600)
