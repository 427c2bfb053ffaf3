"""`[[scanners]]`: what may be written, and every fault of it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.scanners.base import Kind
from devices.scanners.factory import create
from gateway import config
from gateway.config import ConfigError, ScannerSettings

REGISTER = '[[registers]]\nname = "kkt-1"\nlink = "serial:/dev/ttyACM0"\n'


def settings(tmp_path: Path, text: str) -> tuple[ScannerSettings, ...]:
    path = tmp_path / "config.toml"
    path.write_text(REGISTER + text)
    return config.load(path).scanners


def faults(tmp_path: Path, text: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as refused:
        settings(tmp_path, text)
    return dict(refused.value.faults)


def scanner(link: str, *lines: str, name: str = "scan-1") -> str:
    return "\n".join(["[[scanners]]", f'name = "{name}"', f'link = "{link}"', *lines, ""])


def test_a_scanner_needs_only_a_name_and_a_link(tmp_path: Path) -> None:
    (one,) = settings(tmp_path, scanner("serial:/dev/ttyACM1"))
    assert (one.options.suffix, one.options.gs, one.options.gap_ms, one.window) == ("auto", (), 80, 0.9)
    assert create(one.link, one.options).kind is Kind.SERIAL


@pytest.mark.parametrize(
    "link",
    [
        "serial:/dev/serial/by-id/usb-Honeywell_1470g-if00?baudrate=9600",
        "serial:COM3",
        "tcp:192.168.1.60:4001",
        "hid:/dev/input/by-id/usb-X-event-kbd",
        "hid:/dev/hidraw3",
        "usb:0c2e:0b61",
        "image:/srv/photos",
        "emulated:scanner",
        "emulated:scanner?as=keyboard&gs=f8",
    ],
)
def test_every_way_of_plugging_in_is_known(tmp_path: Path, link: str) -> None:
    assert settings(tmp_path, scanner(link))[0].link == link


@pytest.mark.parametrize(("written", "meant"), [('"f8"', ("f8",)), ('["f8", "{GS}"]', ("f8", "{GS}")), ("[]", ())])
def test_what_stands_for_gs_is_one_or_many(tmp_path: Path, written: str, meant: tuple[str, ...]) -> None:
    (one,) = settings(tmp_path, scanner("hid:/dev/input/event7", f"gs = {written}"))
    assert tuple(one.options.gs) == meant


def test_the_rest_of_the_settings_reach_the_driver(tmp_path: Path) -> None:
    text = scanner(
        "serial:/dev/ttyACM1", 'prefix = "S"', 'suffix = "crlf"', "gap_ms = 200", "caps_lock = true", "window = 2.5"
    )
    (one,) = settings(tmp_path, text)
    options = one.options
    assert (options.prefix, options.suffix, options.gap_ms, options.caps_lock) == ("S", "crlf", 200, True)
    assert one.window == 2.5


def test_every_fault_at_once(tmp_path: Path) -> None:
    text = (
        scanner("bluetooth:7", "window = -1", "beep = true")
        + scanner("usb:0c2e", 'gs = ""', name="scan-2")
        + scanner("hid:/dev/input/event7", 'gs = ["ы"]', name="scan-3")
        + scanner("emulated:scanner?as=pen", name="scan-4")
        + scanner("tcp:10.0.0.1:4001", "gap_ms = 5", name="scan-5")
    )
    found = faults(tmp_path, text)
    assert set(found) == {
        "scanners.0.link", "scanners.0.window", "scanners.0.beep", "scanners.1.link", "scanners.2", "scanners.3.link",
        "scanners.4",
    }  # fmt: skip
    assert "no such setting" in found["scanners.0.beep"]
    assert "gap_ms" in found["scanners.4"]


def test_a_port_has_one_owner_and_a_name_one_bearer(tmp_path: Path) -> None:
    shared = faults(tmp_path, scanner("serial:/dev/ttyACM0"))
    assert "two devices on one link: serial:/dev/ttyACM0" in shared["configuration"]
    twice = faults(tmp_path, scanner("serial:/dev/ttyACM1", name="kkt-1"))
    assert "kkt-1" in twice["configuration"]
    assert len(settings(tmp_path, scanner("emulated:scanner") + scanner("emulated:scanner", name="scan-2"))) == 2
