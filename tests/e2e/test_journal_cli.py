"""The journal's commands beside a running daemon: backup under load, restore, verify, export, and no receipt twice."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from emulator_process import Emulator, until
from gateway_process import Gateway, command, sale

from gateway.journal.database import JOURNAL_FILE

RECEIPT = 3


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator("shtrih", "--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0") as running:
        yield running


def daemon(directory: Path, emulator: Emulator) -> Gateway:
    return Gateway(directory, {"kkt-1": f"tcp:127.0.0.1:{emulator.ports[0]}"})


def names(emulator: Emulator) -> Counter[str]:
    found = []
    for document in emulator.get("/documents"):
        if document["code"] == RECEIPT:
            item = next(tag for tag in document["tags"] if tag["tag"] == 1059)
            found.append(str(next(tag["value"] for tag in item["children"] if tag["tag"] == 1030)))
    return Counter(found)


def told(directory: Path, *arguments: str, status: int = 0) -> Any:
    ended = command("journal", *arguments, "--data-dir", str(directory / "data"), "--json")
    assert ended.returncode == status, ended.stderr
    return json.loads(ended.stdout)


def test_a_backup_under_load_restored_doubles_nothing(tmp_path: Path, emulator: Emulator) -> None:
    keys = [f"n{number}" for number in range(30)]
    copy = tmp_path / "copy.db"
    with daemon(tmp_path, emulator) as gateway:

        def load() -> None:
            for key in keys[:20]:
                assert gateway.call("POST", "/api/v1/receipts", sale(key))[0] == 202

        caller = threading.Thread(target=load)
        caller.start()
        until(lambda: len(names(emulator)) >= 5, 30)
        made = told(tmp_path, "backup", str(copy))
        caller.join(60)
        for key in keys[20:]:
            assert gateway.call("POST", "/api/v1/receipts", sale(key))[0] == 202
        until(lambda: len(names(emulator)) == len(keys), 60)
        assert gateway.stop() == 0
    assert 5 <= made["jobs"] <= 20
    if os.name == "posix":
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    told(tmp_path, "restore", str(copy))
    with daemon(tmp_path, emulator) as gateway:
        answers = [gateway.call("POST", "/api/v1/receipts?wait=5", sale(key))[1] for key in keys]
        states = Counter(answer["state"] for answer in answers)
        assert set(states) == {"done", "settling"}
        held = [answer for answer in answers if answer["state"] == "settling"]
        assert {answer["warnings"][0]["code"] for answer in held} == {"recovered_document"}
        assert names(emulator) == Counter(f"Товар {key}" for key in keys)
        report = told(tmp_path, "report")
        assert report["loss"]["cause"] == "restored"
        assert gateway.get("/health/ready")["journal"] == "attention"
        for document in report["recovered"]:
            number = document["fiscal"]["document"]
            owner = next(one["id"] for one in held if f"document {number} " in one["warnings"][0]["detail"])
            gateway.post(f"/api/v1/receipts/{owner}/resolve", {"exists": True, "document": number})
        assert gateway.get("/health/ready")["journal"] == "ok"
        verified = told(tmp_path, "verify")
        assert verified["registers"][0]["counts"]["same"] == len(keys)


def test_a_journal_destroyed_between_two_runs(tmp_path: Path, emulator: Emulator) -> None:
    with daemon(tmp_path, emulator) as gateway:
        token = gateway.post("/api/v1/tokens", {"name": "crm", "scope": "receipts"})["token"]
        for key in ("a", "b", "c"):
            assert gateway.post("/api/v1/receipts?wait=60", sale(key))["state"] == "done"
        gateway.kill()
    path = tmp_path / "data" / JOURNAL_FILE
    path.write_bytes(path.read_bytes()[:2048])
    path.with_name(f"{JOURNAL_FILE}-wal").unlink()
    with daemon(tmp_path, emulator) as gateway:
        for key in ("a", "b", "c"):
            assert gateway.call("POST", "/api/v1/receipts?wait=5", sale(key))[1]["state"] == "settling"
        assert gateway.post("/api/v1/receipts?wait=60", sale("new"))["state"] == "done"
        assert sum(names(emulator).values()) == 4
        assert told(tmp_path, "report")["loss"]["cause"] == "damaged"
        assert token  # lost with the file: the report says how many were saved
        assert told(tmp_path, "verify", status=1)["registers"][0]["counts"]["recovered"] == 3
    assert list((tmp_path / "data").glob("journal-damaged-*.db"))


def test_verify_sees_what_was_tampered_with(tmp_path: Path, emulator: Emulator) -> None:
    with daemon(tmp_path, emulator) as gateway:
        for key in ("a", "b", "c", "d"):
            assert gateway.post("/api/v1/receipts?wait=60", sale(key))["state"] == "done"
        fine = told(tmp_path, "verify")
        assert fine["fine"] is True
        assert fine["file"] == {"faults": [], "jobs": 4, "without_body": 0, "orders": 0}
        assert fine["registers"][0]["ofd"]["waiting"] == fine["registers"][0]["last"]
        gateway.stop()
    connection = sqlite3.connect(tmp_path / "data" / JOURNAL_FILE)
    connection.execute("UPDATE jobs SET fiscal = json_set(fiscal, '$.sign', 1) WHERE id = 'a'")
    connection.execute("UPDATE jobs SET fiscal = json_set(fiscal, '$.document', 999) WHERE id = 'b'")
    connection.execute(
        "UPDATE jobs SET body = (SELECT body FROM jobs WHERE id = 'd'), digest = (SELECT digest FROM jobs "
        "WHERE id = 'd') WHERE id = 'c'"
    )
    connection.commit()
    connection.close()
    assert told(tmp_path, "verify", "--offline")["fine"] is True
    with daemon(tmp_path, emulator) as gateway:
        until(lambda: gateway.get("/api/v1/registers/kkt-1")["drive"], 20)
        found = told(tmp_path, "verify", status=1)["registers"][0]
        assert {(one["verdict"], *one["jobs"]) for one in found["differences"]} == {
            ("sign_differs", "a"),
            ("missing", "b"),
            ("content_differs", "c"),
        }
        assert len(found["foreign"]) == 1  # the document that b no longer claims


def test_the_file_alone_is_checked_without_a_daemon(tmp_path: Path, emulator: Emulator) -> None:
    with daemon(tmp_path, emulator) as gateway:
        assert gateway.post("/api/v1/receipts?wait=60", sale("a"))["state"] == "done"
        gateway.stop()
    assert told(tmp_path, "verify")["registers"] == []
    exported = command("journal", "export", "--format", "csv", "--data-dir", str(tmp_path / "data"))
    assert exported.stdout.startswith("\ufeff")
    assert "100,00" in exported.stdout
    copied = told(tmp_path, "backup", str(tmp_path / "copy.db"))
    assert copied["jobs"] == 1
    connection = sqlite3.connect(tmp_path / "data" / JOURNAL_FILE)
    connection.execute("UPDATE jobs SET body = '{}'")
    connection.commit()
    connection.close()
    broken = told(tmp_path, "verify", status=1)
    assert broken["file"]["faults"] == ["the body of job 'a' does not have its digest"]


def test_journal_without_a_command_shows_what_was_done(tmp_path: Path, emulator: Emulator) -> None:
    with daemon(tmp_path, emulator) as gateway:
        assert gateway.post("/api/v1/receipts?wait=60", sale("verify-me"))["state"] == "done"
        assert [one["id"] for one in told(tmp_path)["receipts"]] == ["verify-me"]
        assert told(tmp_path, "verify-me")["state"] == "done"
        assert told(tmp_path, "--state", "failed")["receipts"] == []
        assert told(tmp_path, "show", "verify-me")["id"] == "verify-me"
        refused = command("journal", "restore", str(tmp_path / "none.db"), "--data-dir", str(tmp_path / "data"))
        assert refused.returncode == 1
