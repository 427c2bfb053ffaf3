"""`fiscal-gateway` as people and programs type it: real processes, their words, their exit codes."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from emulator_process import Emulator
from gateway_process import CLI, ROOT, Gateway, command, sale

FINE, REFUSED, USAGE, CONFIGURATION = 0, 1, 2, 78


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("shop")) as running:
        yield running


def on(gateway: Gateway, *arguments: str, status: int = FINE) -> str:
    """Standard output of a command that goes through the daemon."""
    result = command(*arguments, "--data-dir", str(gateway.data))
    assert result.returncode == status, result
    return result.stdout


def only_json(text: str) -> Any:
    """One JSON document and nothing else."""
    assert text.count("\n") == 1
    return json.loads(text)


# --- serve


def test_the_ready_lines(tmp_path: Path, gateway: Gateway) -> None:
    assert gateway.ready == {"ready": True, "http": f"http://127.0.0.1:{gateway.port}"}
    arguments = ["serve", "--emulated", "--data-dir", str(tmp_path), "--port", "0", "--control", "127.0.0.1:0"]
    with subprocess.Popen([*CLI, *arguments, "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        process.terminate()
        assert (process.wait(30), process.stdout.read()) == (FINE, "")
    assert set(line) == {"ready", "http", "control"}


def test_without_a_configuration_nothing_is_served(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path)}
    result = command("serve", "--data-dir", str(tmp_path / "data"), **home)
    assert (result.returncode, result.stdout) == (CONFIGURATION, "")
    assert "--emulated" in result.stderr
    assert not (tmp_path / "data").exists()


def test_every_fault_of_a_configuration_is_told(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('colour = 1\n[server]\nport = 99999\n[[registers]]\nname = "a"\nlink = "zzz:1"\n')
    result = command("serve", "--config", str(config), "--json")
    assert result.returncode == CONFIGURATION
    error = only_json(result.stdout)["error"]
    assert error["code"] == "configuration"
    for place in ("colour", "server.port", "registers.0.link"):
        assert place in error["detail"]
        assert place in result.stderr


def test_a_shop_serves_no_emulator_beside_its_configuration(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[[registers]]\nname = "a"\nlink = "tcp:127.0.0.1:1"\n')
    assert command("serve", "--config", str(config), "--emulated").returncode == CONFIGURATION


def test_one_process_owns_a_data_directory(gateway: Gateway) -> None:
    result = command("serve", "--emulated", "--data-dir", str(gateway.data), "--port", "0")
    assert (result.returncode, result.stdout) == (REFUSED, "")
    assert "another process owns the data directory" in result.stderr
    assert gateway.get("/health/ready")["status"] == "ready"


def test_a_taken_port_is_named(tmp_path: Path, gateway: Gateway) -> None:
    result = command("serve", "--emulated", "--data-dir", str(tmp_path), "--port", str(gateway.port))
    assert result.returncode == REFUSED  # not 78, which systemd never restarts: the port may be free in a moment
    assert f"cannot listen on 127.0.0.1:{gateway.port}" in result.stderr


def test_a_data_directory_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = command("serve", "--emulated", "--data-dir", str(tmp_path / "file" / "data"), "--port", "0")
    assert result.returncode == CONFIGURATION
    assert "data directory" in result.stderr
    assert "listen" not in result.stderr


def test_words_that_are_no_command_are_usage_errors() -> None:
    for arguments in (["fly"], ["serve", "--port", "many"], ["journal", "--limit", "0"], ["diagnose"]):
        result = command(*arguments)
        assert (result.returncode, result.stdout) == (USAGE, "")


# --- demo


def test_the_demo_shows_fourteen_receipts_and_refuses_one() -> None:
    result = command("demo", "--exit")
    assert result.returncode == FINE, result.stderr
    lines = [line.strip() for line in result.stdout.splitlines()]
    for word in ("ФН: ", "ФД: ", "ФП: "):
        assert sum(line.startswith(word) and line.removeprefix(word).isdigit() for line in lines) == 14, word
    assert sum(line.startswith("[M+] Ботинки") for line in lines) == 3
    assert sum(line.startswith("marking_sold_here: ") for line in lines) == 1
    told = only_json(command("demo", "--exit", "--json").stdout)
    assert [receipt["state"] for receipt in told["receipts"]] == ["done"] * 14 + ["failed"]
    checked = [receipt["marking"] for receipt in told["receipts"]]
    assert checked[11:14] == [[{"item": 0, "result": "M+", "flags": 15}]] * 3
    assert not any(checked[:11])


# --- receipt, journal


def test_a_receipt_from_a_file_and_from_standard_input(tmp_path: Path, gateway: Gateway) -> None:
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(sale("cli-1")))
    assert "КАССОВЫЙ ЧЕК" in on(gateway, "receipt", str(file), "--dry-run")
    assert gateway.call("GET", "/api/v1/receipts/cli-1")[0] == 404
    made = only_json(on(gateway, "receipt", str(file), "--json"))
    paper = on(gateway, "receipt", str(file))
    assert f"ФД: {made['fiscal']['document']}\n" in paper
    again = subprocess.run(
        [*CLI, "receipt", "-", "--json", "--data-dir", str(gateway.data)],
        cwd=ROOT,
        input=file.read_text(),
        capture_output=True,
        text=True,
    )
    assert only_json(again.stdout) == made
    listed = only_json(on(gateway, "journal", "--json", "--limit", "100"))["receipts"]
    assert [row["fiscal"] for row in listed if row["id"] == "cli-1"] == [made["fiscal"]]
    assert only_json(on(gateway, "journal", "cli-1", "--json")) == made
    assert on(gateway, "journal", "cli-1") == paper
    assert "cli-1" in on(gateway, "journal", "--state", "done")


def test_a_receipt_that_speaks_of_a_correction_is_a_receipt(tmp_path: Path, gateway: Gateway) -> None:
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(sale("cli-2", order="correction")))
    assert only_json(on(gateway, "receipt", str(file), "--json"))["state"] == "done"
    file.write_text(json.dumps(sale("cli-3", correction={"kind": "self", "date": "2026-03-01"})))
    only_json(on(gateway, "receipt", str(file), "--json"))
    assert gateway.get("/api/v1/receipts/cli-3/tags")["code"] == 31


def test_a_refused_receipt_names_every_fault_and_exits_1(tmp_path: Path, gateway: Gateway) -> None:
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(sale("cli-4", colour="red", taxation="none")))
    result = command("receipt", str(file), "--data-dir", str(gateway.data))
    assert (result.returncode, result.stdout) == (REFUSED, "")
    assert "/colour" in result.stderr
    assert "/taxation" in result.stderr
    assert only_json(on(gateway, "receipt", str(file), "--json", status=REFUSED))["error"]["code"] == "body_invalid"
    for wrong, content in (("absent.json", None), ("broken.json", "{")):
        if content is not None:
            (tmp_path / wrong).write_text(content)
        assert only_json(on(gateway, "receipt", str(tmp_path / wrong), "--json", status=USAGE))["error"]["detail"]


def test_the_journal_of_nobody(tmp_path: Path, gateway: Gateway) -> None:
    assert only_json(on(gateway, "journal", "absent", "--json", status=REFUSED))["error"]["code"] == "job_unknown"
    result = command("journal", "--data-dir", str(tmp_path))
    assert (result.returncode, result.stdout) == (REFUSED, "")
    assert "no gateway is running" in result.stderr
    result = command("journal", "--data-dir", str(gateway.data), "--url", "http://127.0.0.1:1")
    assert result.returncode == REFUSED
    assert "no gateway answers" in result.stderr


# --- devices, diagnose, explain


def test_devices_are_listed() -> None:
    assert isinstance(only_json(command("devices", "--no-ask", "--json").stdout)["devices"], list)
    assert command("devices", "--no-ask").returncode == FINE


def test_diagnosing_a_register_of_the_daemon(gateway: Gateway) -> None:
    words = on(gateway, "diagnose", "kkt-1")
    for expected in ("ШТРИХ-М-01Ф", "ФН 9999", "ОФД", "исправ"):
        assert expected in words
    told = only_json(on(gateway, "diagnose", "kkt-1", "--json"))
    assert told["result"]["reachable"] is True
    assert only_json(on(gateway, "diagnose", "kkt-9", "--json", status=REFUSED))["error"]["code"]


def test_a_register_that_the_daemon_cannot_reach_is_diagnosed_with_exit_1(tmp_path: Path) -> None:
    with Gateway(tmp_path, {"dead": "tcp:127.0.0.1:9"}) as gateway:
        words = on(gateway, "diagnose", "dead", status=REFUSED)
        assert "✗" in words
        assert "Проверьте" in words


def test_diagnosing_a_link() -> None:
    with Emulator("shtrih", "--listen", "tcp:127.0.0.1:0") as emulator:
        result = command("diagnose", f"tcp:127.0.0.1:{emulator.ports[0]}", "--json")
    assert result.returncode == FINE
    told = only_json(result.stdout)
    assert told["ok"] is True
    assert told["verdict"] == told["steps"][-1]["text"]


@pytest.mark.parametrize("talk", [b"", b"\x02garbage\xff" * 50], ids=["silence", "garbage"])
def test_diagnosing_what_is_no_register(talk: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        talking = threading.Thread(target=_talk, args=(server, talk), daemon=True)
        talking.start()
        result = command("diagnose", f"tcp:127.0.0.1:{server.getsockname()[1]}")
    assert (result.returncode, result.stderr) == (REFUSED, "")
    assert "✗" in result.stdout


def _talk(server: socket.socket, words: bytes) -> None:
    """Says its words to whoever comes, and never listens."""
    callers = []
    try:
        while True:
            caller, _ = server.accept()
            callers.append(caller)
            caller.sendall(words)
    except OSError:
        for caller in callers:
            caller.close()


def test_diagnosing_nothing_says_what_to_do() -> None:
    result = command("diagnose", "tcp:127.0.0.1:1", "--json")
    assert result.returncode == REFUSED
    assert "Проверьте" in only_json(result.stdout)["verdict"]
    assert command("diagnose", "serial:/dev/absent").returncode == REFUSED


@pytest.mark.parametrize("link", ["tcp:127.0.0.1", "tcp:127.0.0.1:99999", "bus:1"])
def test_a_link_that_is_none_is_a_usage_error(link: str) -> None:
    result = command("diagnose", link, "--json")
    assert result.returncode == USAGE
    assert only_json(result.stdout)["error"]["hint"]


def test_a_frame_in_words() -> None:
    """The short status request of operator 30: STX, length, 10h, password, LRC."""
    frame = "02 05 10 1E 00 00 00 0B"
    words = command("explain", *frame.split())
    assert words.returncode == FINE
    assert "Короткий запрос состояния" in words.stdout
    assert command("explain", frame.replace(" ", "")).stdout == words.stdout
    assert only_json(command("explain", frame, "--json").stdout)["lines"] == words.stdout.splitlines()
    result = command("explain", "zz", "--json")
    assert (result.returncode, only_json(result.stdout)["error"]["code"]) == (USAGE, "hex")


# --- token


def test_tokens_are_made_listed_and_revoked_while_the_daemon_runs(gateway: Gateway) -> None:
    made = only_json(on(gateway, "token", "create", "crm", "--scope", "receipts", "--json"))
    assert made["scope"] == "receipts"
    mine = {"Authorization": f"Bearer {made['token']}"}
    assert gateway.call("GET", "/api/v1/receipts", **mine)[0] == 200
    assert gateway.call("GET", "/api/v1/registers", **mine)[0] == 403
    listed = on(gateway, "token", "list", "--json")
    assert made["token"] not in listed
    assert made["id"] in {token["id"] for token in only_json(listed)["tokens"]}
    assert made["id"] in on(gateway, "token", "list")
    on(gateway, "token", "revoke", made["id"])
    assert gateway.call("GET", "/api/v1/receipts", **mine)[0] == 401
    assert only_json(on(gateway, "token", "revoke", made["id"], "--json", status=REFUSED))["error"]["code"]
    on(gateway, "token", "create", "crm", "--scope", "everything", status=USAGE)


def test_a_token_made_before_the_first_start_is_good(tmp_path: Path) -> None:
    made = command("token", "create", "early", "--scope", "admin", "--data-dir", str(tmp_path / "data"))
    assert made.returncode == FINE
    with Gateway(tmp_path) as gateway:
        secret = made.stdout.splitlines()[0]
        assert gateway.call("GET", "/api/v1/registers", Authorization=f"Bearer {secret}")[0] == 200
        assert secret not in gateway.errors()
