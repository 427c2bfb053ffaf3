"""The support file: everything of the shop that helps, nothing of its buyers, with a daemon and without."""

from __future__ import annotations

import asyncio
import json
import zipfile
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from api_world import a_body
from typer.testing import CliRunner

from gateway import daemon
from gateway.cli.main import app
from gateway.config import Settings

EMAIL, NAME, CASHIER = "buyer.zzq@example.ru", "Зюзюкин Пётр", "Кассирова Анна"
PASSWORD = "00000030"

CONFIG = f"""
[cashier]
name = "{CASHIER}"
inn = "500100732259"
[[registers]]
name = "kkt-1"
family = "shtrih"
link = "emulated:shtrih"
options = {{ password = "{PASSWORD}" }}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


async def a_day(directory: Path, during: Any = None) -> None:
    settings = Settings.model_validate(
        {
            "server": {"port": 0},
            "data_dir": directory,
            "registers": [{"name": "kkt-1", "family": "shtrih", "link": "emulated:shtrih"}],
            "scanners": [{"name": "scan-1", "link": "emulated:scanner"}],
        }
    )
    async with daemon.running(settings, on_fatal=lambda _: None) as gateway:
        headers = {"Authorization": f"Bearer {gateway.token_file.read_text().strip()}"}
        body = a_body(customer={"email": EMAIL, "name": NAME, "inn": "500100732259"}, cashier={"name": CASHIER})
        async with aiohttp.ClientSession(headers=headers) as session:
            async with session.post(f"{gateway.url}/api/v1/receipts?wait=60", json=body) as answer:
                assert answer.status == 201
            # The receipt's bytes reach their database within two seconds; asked for, they do so at once.
            async with session.get(f"{gateway.url}/api/v1/receipts/1001/trace") as answer:
                raw = bytes.fromhex("".join(one["hex"] for one in (await answer.json())["exchanges"]))
                assert EMAIL.encode("cp866") in raw  # there was something to hide
        if during is not None:
            await asyncio.get_running_loop().run_in_executor(None, during)


def made(directory: Path, config: Path, file: Path) -> tuple[dict[str, str], dict[str, Any]]:
    result = CliRunner().invoke(
        app, ["support", str(file), "--data-dir", str(directory), "--config", str(config), "--json"]
    )
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert sorted(parts) == sorted([*answer["parts"]])
    assert file.stat().st_mode & 0o777 == 0o600
    return parts, answer


def assert_masked(parts: dict[str, str], token: str) -> None:
    everything = "\n".join(parts.values())
    for secret in (EMAIL, NAME, CASHIER, "500100732259", PASSWORD, token, EMAIL.encode("cp866").hex(" ")):
        assert secret not in everything


async def test_with_a_running_daemon(tmp_path: Path, config: Path) -> None:
    directory, found = tmp_path / "data", []
    await a_day(directory, lambda: found.append(made(directory, config, tmp_path / "help.zip")))
    parts, _ = found[0]
    assert {"about.json", "configuration.json", "registers.json", "diagnosis-kkt-1.json", "journal.jsonl",
            "traces.jsonl", "metrics.txt", "contents.json"} <= set(parts)  # fmt: skip
    assert_masked(parts, (directory / "admin.token").read_text().strip())
    assert json.loads(parts["registers.json"])["registers"][0]["name"] == "kkt-1"
    assert json.loads(parts["permit.json"]) == {"enabled": False, "services": {}, "emergency": None}
    (scanner,) = json.loads(parts["scanners.json"])
    assert (scanner["name"], scanner["state"]) == ("scan-1", "connected")
    assert json.loads(parts["diagnosis-kkt-1.json"])["result"]["reachable"] is True


async def test_without_a_daemon(tmp_path: Path, config: Path) -> None:
    directory = tmp_path / "data"
    await a_day(directory)
    parts, answer = await asyncio.get_running_loop().run_in_executor(
        None, made, directory, config, tmp_path / "help.zip"
    )
    assert_masked(parts, (directory / "admin.token").read_text().strip())
    assert "no gateway is running" in answer["absent"]["registers.json"]
    (job,) = [json.loads(line) for line in parts["journal.jsonl"].splitlines()]
    assert (job["id"], job["state"], job["body"]["customer"]["email"]) == ("1001", "done", "***")
    assert job["body"]["items"][0]["name"] == "Чайник"
    (trace,) = [json.loads(line) for line in parts["traces.jsonl"].splitlines()]
    assert any("1008 buyer_contact: ***" in one["explained"] for one in trace["exchanges"])
    assert {one["hex"] for one in trace["exchanges"]} == {""}


def test_of_nothing_at_all(tmp_path: Path) -> None:
    """No journal and a broken configuration: what is missing is named, and the file is made."""
    broken = tmp_path / "config.toml"
    broken.write_text("[server]\nport = 'many'\n")
    parts, answer = made(tmp_path / "nowhere", broken, tmp_path / "help.zip")
    assert {"configuration.json", "registers.json", "journal.jsonl"} <= set(answer["absent"])
    assert "server.port" in answer["absent"]["configuration.json"]
    assert "about.json" in parts
