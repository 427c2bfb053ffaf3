"""What `serve` makes of the options of an emulated shop: its control server, and permit mode by emulated services."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
import typer
from pytest_mock import MockerFixture

from gateway import daemon
from gateway.cli.client import connect
from gateway.cli.serve import serve
from gateway.config import Settings

REGISTER = '[[registers]]\nname = "kkt-1"\nlink = "{}"\n'


def ended(directory: Path, config: str | None = None, **options: Any) -> int:
    """Exit status of `serve` with these options."""
    path = directory / "config.toml"
    if config is not None:
        path.write_text(config)
    given: dict[str, Any] = {"host": None, "port": 0, "control": None, "as_json": False} | options
    with pytest.raises(typer.Exit) as end:
        serve(config=None if config is None else path, emulated=config is None, data_dir=directory / "data", **given)
    return end.value.exit_code


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"control": "9001"}, "--control: takes HOST:PORT, not '9001'"),
        ({"control": "127.0.0.1:x"}, "--control: takes HOST:PORT"),
        ({"control": "127.0.0.1:0", "config": REGISTER.format("tcp:127.0.0.1:1")}, "--control: goes with --emulated"),
        ({"emulated_permit": "cdn", "config": REGISTER.format("emulated:shtrih")}, "[permit]"),
        ({"emulated_permit": "cdn,piot"}, "is one of cdn, cdn,local, local, piot, piot,local, not 'cdn,piot'"),
        ({"emulated_permit": "cdn", "control": "192.0.2.1:9001"}, "must then be on this machine, not 192.0.2.1"),
    ],
)
def test_options_that_make_no_sense(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: dict[str, Any], words: str
) -> None:
    assert ended(tmp_path, **options) == 78
    assert words in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_permit_mode_is_set_up_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FISCAL_GATEWAY_PERMIT__CDN__API_KEY", "key")
    assert ended(tmp_path, emulated_permit="cdn") == 78
    assert "by the environment already" in capsys.readouterr().err


def test_a_taken_control_port_is_named(
    tmp_path: Path, mocker: MockerFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    mocker.patch("gateway.logs.set_up")  # would point every later test's log at this test's standard error
    with socket.create_server(("127.0.0.1", 0)) as taken:
        control = f"127.0.0.1:{taken.getsockname()[1]}"
        assert ended(tmp_path, control=control) == 1
    assert f"control cannot listen on {control}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("services", "asked"),
    [(("cdn", "local"), {"cdn", "local"}), (("piot", "local"), {"piot", "local"}), ((), set())],
)
async def test_permit_mode_asks_the_emulated_services(
    tmp_path: Path, services: tuple[str, ...], asked: set[str]
) -> None:
    settings = Settings.model_validate(
        {
            "server": {"port": 0},
            "data_dir": tmp_path,
            "registers": [{"name": "kkt-1", "family": "shtrih", "link": "emulated:shtrih"}],
        }
    )
    async with daemon.running(settings, on_fatal=lambda _: None, emulated_permit=services) as gateway:
        assert (gateway.control is None) is not bool(services)
        async with connect(tmp_path) as client:
            state = await client.get("/api/v1/marking/permit")
            assert set(state["services"] or {}) == asked
            if not services:
                return
            code = "0104600439931256215Qbag!\x1d93Zjqw"
            verdict = (await client.post("/api/v1/marking/check", {"code": code}))["permit"]
            assert (verdict["reason"], verdict["source"]) == ("permit_granted", services[0])
