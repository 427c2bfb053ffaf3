"""Options that many commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where the journal and the tokens live.")]
Config = Annotated[Path | None, typer.Option("--config", help="TOML configuration.")]
Url = Annotated[str | None, typer.Option("--url", help="The running daemon, e.g. http://127.0.0.1:8321.")]
