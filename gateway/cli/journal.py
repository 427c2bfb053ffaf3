"""`journal`: what the gateway has done, and the journal itself: backup, restore, export, verify, report.

`journal`, `journal ID` and `journal --order 1001` are short for `journal show`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from typer.core import TyperGroup

from gateway.cli.options import AsJson, Config, DataDir, Url


class _ShowsByDefault(TyperGroup):
    """A group that takes everything which is none of its commands for the arguments of `show`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=_ShowsByDefault, help="What the gateway has done; the journal's backup, export and check.")

Since = Annotated[str | None, typer.Option("--from", help="Accepted at or after (ISO 8601).")]
Until = Annotated[str | None, typer.Option("--to", help="Accepted before (ISO 8601).")]


@app.command()
def show(
    id: Annotated[str | None, typer.Argument(help="One job, whole.")] = None,
    *,
    order: Annotated[str | None, typer.Option(help="Only this order's.")] = None,
    state: Annotated[str | None, typer.Option(help="Only in this state: queued, settling, held, done, …")] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 20,
    config: Config = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """What the gateway has done, newest first."""
    from gateway.cli import remote

    query = {"order": order, "state": state, "from": since, "to": until}
    words = {key: value for key, value in query.items() if value is not None}
    remote.run(remote.journal(id, words, limit, as_json=as_json), config, data_dir, url, as_json=as_json)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes; one that is there is replaced.")],
    *,
    config: Config = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Copy the journal while the gateway runs (or not); the copy is checked whole."""
    from gateway.cli import journal_file

    journal_file.backup(config, data_dir, file, as_json=as_json)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="Made by `journal backup`.")],
    *,
    config: Config = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the journal's place (gateway stopped); the former journal is set aside."""
    from gateway.cli import journal_file

    journal_file.restore(config, data_dir, file, as_json=as_json)


@app.command()
def export(
    *,
    what: Annotated[Literal["jobs", "orders"], typer.Option(help="Orders: with their documents and logs.")] = "jobs",
    form: Annotated[Literal["jsonl", "csv"], typer.Option("--format", help="csv opens in a Russian Excel.")] = "jsonl",
    since: Since = None,
    until: Until = None,
    target: Annotated[Path | None, typer.Option("--output", help="A file; standard output without it.")] = None,
    config: Config = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Everything that was accepted, oldest first, for people who keep books."""
    from gateway.cli import journal_file

    journal_file.export(config, data_dir, what, form, since, until, target, as_json=as_json)


@app.command()
def verify(
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Check the file only, ask no register.")] = False,
    config: Config = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Check the file, and compare every document with the fiscal drives; exit 1 on any difference."""
    from gateway.cli import journal_verify

    journal_verify.verify(config, data_dir, url, offline=offline, as_json=as_json)


@app.command()
def report(*, config: Config = None, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """What the journal has lost, and documents of the drives that no job owns."""
    from gateway.cli import journal_verify, remote

    remote.run(journal_verify.report(as_json=as_json), config, data_dir, url, as_json=as_json)
