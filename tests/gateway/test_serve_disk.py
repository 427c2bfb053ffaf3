"""A disk that refuses a commit ends the daemon with words and a status that lets systemd start it again."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from pytest_mock import MockerFixture

from gateway.cli.serve import serve


def test_a_failed_disk_ends_the_daemon_and_says_so(
    tmp_path: Path, mocker: MockerFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    mocker.patch("gateway.logs.set_up")  # would point every later test's log at this test's standard error
    mocker.patch("gateway.daemon.until_stopped", return_value=OSError("no space left on device"))
    with pytest.raises(typer.Exit) as ended:
        serve(config=None, emulated=True, data_dir=tmp_path, host=None, port=0, control=None, as_json=True)
    assert ended.value.exit_code == 1
    assert "no space left on device" in capsys.readouterr().err
