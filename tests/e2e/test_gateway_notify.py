"""What systemd is told, on a socket of our own: ready once the port accepts, alive while the loop turns, stopping."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway_process import CLI, ROOT


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[tuple[socket.socket, Path]]:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(path))
        listening.settimeout(20)
        yield listening, path


def test_ready_alive_stopping(manager: tuple[socket.socket, Path], tmp_path: Path) -> None:
    listening, path = manager
    environment = {**os.environ, "NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "200000"}
    command = [*CLI, "serve", "--emulated", "--port", "0", "--json", "--data-dir", str(tmp_path / "data")]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            told: list[str] = []
            while not any("READY=1" in one for one in told):
                told.append(listening.recv(4096).decode())
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["http"]
            with urllib.request.urlopen(url + "/health/live", timeout=10) as answer:
                assert answer.status == 200  # READY=1 was no promise but a fact
            beats = 0
            while beats < 3:
                beats += "WATCHDOG=1" in listening.recv(4096).decode()
            process.send_signal(signal.SIGTERM)
            while "STOPPING=1" not in listening.recv(4096).decode():
                pass
            assert process.wait(30) == 0
        finally:
            process.kill()


def test_nobody_listens_is_no_trouble(tmp_path: Path) -> None:
    environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "absent")}
    result = subprocess.run(
        [*CLI, "demo", "--exit", "--json"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
