"""What is plugged in, by what it shows of itself: a maker's number alone never makes a scanner."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices import discovery
from devices.candidate import Guise
from devices.scanners import discovery as scanners

#: Report descriptors of one empty collection (USB HID 1.11, 6.2.2): usage page, usage, collection, end.
HID_POS = bytes.fromhex("05 8c 09 02 a1 01 c0")
KEYBOARD = bytes.fromhex("05 01 09 06 a1 01 c0")
MOUSE = bytes.fromhex("05 01 09 02 a1 01 c0")


def device(sysfs: Path, node: str, ids: str, name: str, descriptor: bytes, serial: str = "") -> None:
    folder = sysfs / node / "device"
    folder.mkdir(parents=True)
    (folder / "uevent").write_text(f"HID_ID=0003:{ids}\nHID_NAME={name}\nHID_UNIQ={serial}\n")
    (folder / "report_descriptor").write_bytes(descriptor)


def found(tmp_path: Path) -> dict[str, tuple[Guise, str]]:
    everything = scanners.candidates(inputs=tmp_path / "by-id", sysfs=tmp_path / "sys")
    return {one.link.replace(str(tmp_path), ""): (one.guise, one.note) for one in everything}


def test_a_device_that_says_it_is_a_scanner_is_one(tmp_path: Path) -> None:
    device(tmp_path / "sys", "hidraw0", "00000C2E:00000B61", "Honeywell 1470g", HID_POS, "20130A4EF1")
    device(tmp_path / "sys", "hidraw1", "0000DEAD:0000BEEF", "Noname", HID_POS)
    assert found(tmp_path) == {
        "usb:0c2e:0b61:20130A4EF1": (Guise.SCANNER, "HID POS"),
        "usb:dead:beef": (Guise.SCANNER, "HID POS"),
    }


def test_a_scanner_makers_mouse_is_no_scanner(tmp_path: Path) -> None:
    device(tmp_path / "sys", "hidraw0", "00000C2E:00000001", "Honeywell pointing device", MOUSE)
    assert found(tmp_path) == {}


def test_zebras_own_protocol_is_told_how_to_change(tmp_path: Path) -> None:
    device(tmp_path / "sys", "hidraw0", "000005E0:00001900", "Symbol Bar Code Scanner", MOUSE)
    ((guise, note),) = found(tmp_path).values()
    assert guise is Guise.PORT
    assert "USB CDC Host" in note


def test_keyboards_are_only_said_to_be_perhaps_scanners(tmp_path: Path) -> None:
    device(tmp_path / "sys", "hidraw0", "00000C2E:00000901", "Honeywell Voyager 1470", KEYBOARD)
    device(tmp_path / "sys", "hidraw1", "0000046D:0000C31C", "Logitech USB Keyboard", KEYBOARD)
    inputs = tmp_path / "by-id"
    inputs.mkdir()
    for name in ("usb-Honeywell_Voyager_1470-event-kbd", "usb-Logitech_USB_Keyboard-event-kbd", "usb-X-event-mouse"):
        (inputs / name).touch()
    listed = found(tmp_path)
    assert {guise for guise, _ in listed.values()} == {Guise.KEYBOARD}
    assert listed["hid:/by-id/usb-Honeywell_Voyager_1470-event-kbd"][1].startswith("производитель сканеров Honeywell")
    assert listed["hid:/by-id/usb-Logitech_USB_Keyboard-event-kbd"][1] == "клавиатура или сканер в режиме клавиатуры"
    assert len(listed) == 2


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ((0x0C2E, 0x0B6A), "производитель сканеров Honeywell"),
        ((0x1A86, 0x7523), "переходник CH340"),
        ((0x1234, 0x5678), ""),
        ((None, None), ""),
    ],
)
def test_a_ports_ids_suggest_and_decide_nothing(monkeypatch: pytest.MonkeyPatch, ids: tuple, words: str) -> None:
    class Port:
        device, vid, pid, serial_number, description = "/dev/ttyACM7", *ids, None, "n/a"

    monkeypatch.setattr(discovery.list_ports, "comports", lambda: [Port])
    (one, *_) = discovery.candidates()
    assert one.guise is Guise.PORT
    assert one.note.startswith(words)
    assert bool(one.note) == bool(words)


def test_a_port_is_known_by_the_name_that_stays(tmp_path: Path) -> None:
    port = tmp_path / "ttyACM1"
    port.touch()
    folder = tmp_path / "by-id"
    folder.mkdir()
    (folder / "usb-Honeywell_1470g-if00").symlink_to(port)
    assert scanners.lasting_names(folder) == {str(port): str(folder / "usb-Honeywell_1470g-if00")}
    assert scanners.lasting_names(tmp_path / "nothing") == {}


async def test_a_scanner_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    (step,) = [step async for step in discovery.diagnose_scanner(f"hid:{tmp_path}/event7")]
    assert (step.ok, step.code) == (False, "link_no_port")
