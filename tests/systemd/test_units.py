"""The unit must be valid and hardened: systemd itself judges."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from protocols.scanner.vendors import VENDORS

SYSTEMD = Path(__file__).parents[2] / "systemd"
UNIT = SYSTEMD / "fiscal-gateway.service"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with its program at a path that exists here: `verify` wants an executable."""
    text = UNIT.read_text()
    program = shutil.which("true")
    copy = tmp_path / UNIT.name
    copy.write_text(text.replace("/usr/bin/fiscal-gateway", str(program)))
    return copy


def test_unit_is_valid(unit: Path) -> None:
    result = run("systemd-analyze", "verify", "--man=no", str(unit))
    ours = [line for line in result.stderr.splitlines() if UNIT.name in line]
    assert (result.returncode, ours) == (0, [])


def test_unit_is_hardened(unit: Path) -> None:
    """Exposure at most 1.5 of 10 (`--threshold` takes tenths)."""
    result = run("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(unit))
    assert result.returncode == 0, result.stdout[-400:]
    score = re.search(r"Overall exposure level[^:]*: ([\d.]+)", result.stdout)
    assert score is not None
    assert 0 < float(score[1]) <= 1.5


def test_sysusers_and_tmpfiles_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    users = run("systemd-sysusers", f"--root={tmp_path}", "--replace=/usr/lib/sysusers.d/fiscal-gateway.conf",
                str(SYSTEMD / "fiscal-gateway.sysusers"))  # fmt: skip
    assert users.returncode == 0, users.stderr
    assert "fiscal-gateway" in (tmp_path / "etc/passwd").read_text()
    files = run("systemd-tmpfiles", "--create", f"--root={tmp_path}", str(SYSTEMD / "fiscal-gateway.tmpfiles"))
    assert files.returncode == 0, files.stderr
    assert (tmp_path / "var/lib/fiscal-gateway").stat().st_mode & 0o777 == 0o700


def test_udev_rules_jump_to_labels_that_exist() -> None:
    rules = [line for line in (SYSTEMD / "70-fiscal-gateway.rules").read_text().splitlines() if line and line[0] != "#"]
    labels = set(re.findall(r'LABEL="(\w+)"', "\n".join(rules)))
    assert set(re.findall(r'GOTO="(\w+)"', "\n".join(rules))) == labels
    token = re.compile(r'^[A-Z_]+(\{[\w]+\})?(==|!=|=|\+=|:=)"[^"]*"$')
    assert [part for line in rules for part in line.split(", ") if not token.match(part)] == []


def test_every_register_of_the_rules_is_kept_from_modemmanager() -> None:
    text = (SYSTEMD / "70-fiscal-gateway.rules").read_text()
    for line in text.splitlines():
        if "MODE=" in line:
            assert 'ENV{ID_MM_DEVICE_IGNORE}="1"' in line


def rules_with(word: str) -> list[dict[str, str]]:
    """Lines of the rules in which `word` stands, as what they compare and set."""
    part = re.compile(r'([A-Z_]+(?:\{\w+\})?)(?:==|!=|\+=|:=|=)"([^"]*)"')
    lines = (SYSTEMD / "70-fiscal-gateway.rules").read_text().splitlines()
    return [dict(part.findall(line)) for line in lines if word in line and not line.startswith("#")]


def test_nobody_but_its_group_may_use_a_device() -> None:
    modes = [(rule["MODE"], rule["GROUP"]) for rule in rules_with("MODE=")]
    assert len(modes) >= 8
    assert {mode for mode, _ in modes} == {"0660"}
    assert {group for _, group in modes} == {"dialout", "input"}
    text = (SYSTEMD / "70-fiscal-gateway.rules").read_text()
    assert "uaccess" not in text, "whoever sits at the desktop is not the gateway"
    assert not re.search(r"\b(RUN|PROGRAM|IMPORT)\b", text), "rules run nothing"


@pytest.mark.parametrize(
    ("subsystem", "group", "also"),
    [
        ("hidraw", "input", {}),
        ("input", "input", {"ENV{LIBINPUT_IGNORE_DEVICE}": "1"}),
        ("tty", "dialout", {}),
    ],
)
def test_scanners_of_known_makers_are_let_through(subsystem: str, group: str, also: dict[str, str]) -> None:
    """Every maker of the table, whatever mode the scanner is in; and what the label behind it sets."""
    chosen = [rule for rule in rules_with("0c2e") if rule.get("SUBSYSTEM") == subsystem]
    assert len(chosen) == 1
    makers = {int(text, 16) for text in chosen[0]["ATTRS{idVendor}"].split("|")}
    assert makers == set(VENDORS)
    lines = (SYSTEMD / "70-fiscal-gateway.rules").read_text().splitlines()
    label = lines.index(f'LABEL="{chosen[0]["GOTO"]}"')
    given = dict(re.findall(r'([A-Z_]+(?:\{\w+\})?)\+?="([^"]*)"', lines[label + 1]))
    assert given.items() >= ({"GROUP": group, "MODE": "0660", "ENV{ID_MM_DEVICE_IGNORE}": "1"} | also).items()
    assert lines[label + 2].startswith('GOTO="fiscal_gateway_end"')
    if subsystem == "input":
        assert chosen[0]["KERNEL"] == "event*", "mice and joysticks of that name stay as they are"


def test_no_register_is_taken_for_a_scanner() -> None:
    scanners = {maker for rule in rules_with("0c2e") for maker in rule.get("ATTRS{idVendor}", "").split("|")}
    registers = {rule["ATTRS{idVendor}"] for rule in rules_with("fiscal_gateway_register") if "ATTRS{idVendor}" in rule}
    assert registers
    assert scanners.isdisjoint(registers)


def test_scanners_pass_the_sandbox() -> None:
    """Their device classes, and both groups, which the package's user is in as well."""
    lines = UNIT.read_text().splitlines()
    allowed = {line.split("=")[1] for line in lines if line.startswith("DeviceAllow=")}
    assert {"char-hidraw rw", "char-input rw", "char-ttyACM rw", "char-ttyUSB rw", "char-usb_device rw"} <= allowed
    groups = next(line for line in lines if line.startswith("SupplementaryGroups="))
    assert set(groups.partition("=")[2].split()) == {"dialout", "input"}
    members = (SYSTEMD / "fiscal-gateway.sysusers").read_text().splitlines()
    assert {"m fiscal-gateway dialout", "m fiscal-gateway input"} <= set(members)
    assert "DevicePolicy=closed" in lines


def test_what_tls_and_support_need_is_not_taken_away() -> None:
    """Keys are kept in the state directory, a certificate is read from /etc, SIGHUP renews it, no port needs rights."""
    lines = UNIT.read_text().splitlines()
    assert "StateDirectory=fiscal-gateway" in lines
    assert "StateDirectoryMode=0700" in lines
    assert "UMask=0077" in lines
    assert "ExecReload=/bin/kill -HUP $MAINPID" in lines
    assert "ProtectSystem=strict" in lines  # /etc can be read, and only /var/lib/fiscal-gateway written
    assert "CapabilityBoundingSet=" in lines  # so a port below 1024 is for a drop-in, see docs/security.md
    families = next(line for line in lines if line.startswith("RestrictAddressFamilies="))
    assert {"AF_INET", "AF_INET6", "AF_UNIX"} <= set(families.partition("=")[2].split())
