"""The unit must be valid and hardened: systemd itself judges."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

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
