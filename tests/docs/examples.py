"""Reads the `console` blocks of the documentation and runs them as a reader would type them.

A block holds `$ command` lines (continued as long as a shell would wait for more) and the output that is promised.
In the promise `…` stands for anything within a line and a line of only `…` for any number of lines.
A command ending in `&` starts a server that lives until `kill %1` (its number) or until the page ends; the runner waits
until its port accepts.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

#: The gateway's port and that of an emulator's control, as the pages write them.
DOCUMENTED_PORT, CONTROL_PORT = "8321", "9001"


@dataclass
class Example:
    line: int
    command: str
    promise: list[str] = field(default_factory=list)


def examples(page: Path) -> list[Example]:
    """Every command of the page's console blocks, in order."""
    found: list[Example] = []
    inside = continued = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            inside = line.startswith("```console")
            continued = False
        elif inside and line.startswith("$ "):
            found.append(Example(number, line[2:]))
            continued = goes_on(found[-1].command)
        elif inside and continued:
            found[-1].command += "\n" + line
            continued = goes_on(found[-1].command)
        elif inside and found:
            found[-1].promise.append(line)
    return found


def goes_on(command: str) -> bool:
    """Whether a shell would wait for another line: a backslash, an open quote, an open here-document."""
    check = subprocess.run(["bash", "-n", "-c", command], capture_output=True, text=True)
    return command.endswith("\\") or check.returncode != 0 or "here-document" in check.stderr


def pattern(promise: list[str]) -> re.Pattern[str]:
    """The promised output as a regular expression."""
    parts = []
    for line in promise:
        if line.strip() == "…":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*".join(re.escape(piece) for piece in line.split("…")) + r"[ \t]*\n")
    return re.compile("".join(parts))


class Reader:
    """A person in a shell with an empty home directory."""

    def __init__(self, home: Path, programs: Path) -> None:
        with socket.socket() as gateway, socket.socket() as control:
            for probe in (gateway, control):
                probe.bind(("127.0.0.1", 0))
            self.port, self.control = (str(probe.getsockname()[1]) for probe in (gateway, control))
        self._home = home
        self._programs = programs
        self._servers: list[subprocess.Popen[bytes]] = []
        self.variables: dict[str, str] = {}

    def run(self, example: Example) -> str:
        """Standard output of a command; AssertionError when it fails."""
        command = example.command.replace(DOCUMENTED_PORT, self.port).replace(CONTROL_PORT, self.control)
        if command.rstrip().endswith("&"):
            self._serve(command.rstrip().removesuffix("&"))
            return ""
        if job := re.fullmatch(r"kill %(\d+)", command):
            self._stop(self._servers[int(job[1]) - 1])
            return ""
        # Variables that a command sets are there for the next one, as in one shell.
        script = f"{command}\nstatus=$?\nset | grep -E '^[A-Z]+_?[A-Z]*=' > .variables\nexit $status"
        result = subprocess.run(
            ["bash", "-c", script], cwd=self._home, env=self._environment(), capture_output=True, text=True, timeout=120
        )
        assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
        self._remember()
        output = result.stdout.replace(self.port, DOCUMENTED_PORT).replace(self.control, CONTROL_PORT)
        # An HTTP body ends without a line feed; the eye sees a line all the same.
        return output if not output or output.endswith("\n") else output + "\n"

    def close(self) -> None:
        for server in self._servers:
            self._stop(server)

    @staticmethod
    def _stop(server: subprocess.Popen[bytes]) -> None:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)

    def _serve(self, command: str) -> None:
        log = (self._home / "server.log").open("ab")
        self._servers.append(
            subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self._home,
                env=self._environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(self.port))) == 0:
                    return
            assert self._servers[-1].poll() is None, (self._home / "server.log").read_text()
            time.sleep(0.05)
        raise AssertionError(f"{command} does not accept: {(self._home / 'server.log').read_text()}")

    def _environment(self) -> dict[str, str]:
        return {
            **self.variables,
            "HOME": str(self._home),
            "PATH": f"{self._programs}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "FISCAL_GATEWAY_SERVER__PORT": self.port,
            "COLUMNS": "120",
        }

    def _remember(self) -> None:
        for line in (self._home / ".variables").read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition("=")
            if name in {"TOKEN", "KEY"}:
                self.variables[name] = value.strip("'")
