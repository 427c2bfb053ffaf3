"""`fiscal-gateway`: the commands a shop's people and programs type.

Each command imports what it needs when it runs: `explain` must not wait for the HTTP server to load.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import output
from gateway.cli.journal import app as journal_app
from gateway.cli.options import AsJson, Config, DataDir, Url

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Чеки магазина — ровно один раз. Fiscal receipts of a shop, exactly once.",
)
token_app = typer.Typer(no_args_is_help=True, help="API tokens: create, list, revoke.")
app.add_typer(token_app, name="token")
app.add_typer(journal_app, name="journal")


class Scope(StrEnum):
    """What a token opens."""

    RECEIPTS = "receipts"
    DEVICES = "devices"
    ADMIN = "admin"


Host = Annotated[str | None, typer.Option(help="Address to listen on; beyond loopback only with TLS.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 takes any free one.", min=0, max=65535)]


@app.command()
def serve(
    *,
    config: Config = None,
    emulated: Annotated[bool, typer.Option("--emulated", help="Serve an embedded emulated shop.")] = False,
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    control: Annotated[str | None, typer.Option(help="HOST:PORT of the emulated shop's control server.")] = None,
    emulated_permit: Annotated[
        str | None,
        typer.Option(
            "--emulated-permit", metavar="cdn[,local]|local|piot[,local]", help="Permit mode on, by emulated services."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the gateway until SIGTERM."""
    from gateway.cli.serve import serve as run

    raise typer.Exit(
        run(
            config=config,
            emulated=emulated,
            data_dir=data_dir,
            host=host,
            port=port,
            control=control,
            emulated_permit=emulated_permit,
            as_json=as_json,
        )
    )


@app.command()
def demo(
    *,
    leave: Annotated[bool, typer.Option("--exit", help="End after the story instead of serving on.")] = False,
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    as_json: AsJson = False,
) -> None:
    """Play the story of an order on an emulated shop: advance, prepayment, closing receipt, return."""
    from gateway.cli.demo import demo as run

    raise typer.Exit(run(leave=leave, data_dir=data_dir, host=host, port=port, as_json=as_json))


@app.command()
def receipt(
    file: Annotated[str, typer.Argument(help="A receipt or correction as JSON; - reads standard input.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show the paper; print nothing.")] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the document.")] = 60.0,
    config: Config = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Post a receipt to the running gateway and show the paper."""
    from gateway.cli import remote

    remote.run(
        remote.receipt(file, dry_run=dry_run, wait=wait, as_json=as_json), config, data_dir, url, as_json=as_json
    )


@app.command()
def order(
    number: Annotated[str, typer.Argument(help="The order's number.")],
    *,
    event: Annotated[
        str | None, typer.Option(metavar="FILE.json", help="Tell of this event first; - reads standard input.")
    ] = None,
    plan: Annotated[
        str | None, typer.Option(metavar="FILE.json", help="Show the papers that this event would make; nothing else.")
    ] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the event's documents.")] = 60.0,
    config: Config = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show an order: its lines, its receipts, what comes next and what needs attention."""
    from gateway.cli import order as orders
    from gateway.cli import remote

    if event is not None and plan is not None:
        raise typer.BadParameter("give either --event or --plan")
    command = orders.order(number, event, plan, wait=wait, as_json=as_json)
    remote.run(command, config, data_dir, url, as_json=as_json)


@app.command()
def devices(
    *,
    ask: Annotated[
        bool, typer.Option(help="Ask every port which register answers there; harmless. Or only list them.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """List what is plugged in, and which register answers on each port; prints and changes nothing."""
    from gateway.cli import hardware

    asyncio.run(hardware.devices(ask=ask, as_json=as_json))


@app.command()
def diagnose(
    target: Annotated[
        str, typer.Argument(help="A register's or scanner's name, or a link: tcp:HOST:PORT, serial:PORT, hid:…")
    ],
    *,
    config: Config = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Ask a register or a scanner how it is, step by step; prints and changes nothing."""
    from gateway.cli import hardware, remote

    if ":" in target:
        asyncio.run(hardware.diagnose(target, as_json=as_json))
    else:
        remote.run(remote.diagnose(target, as_json=as_json), config, data_dir, url, as_json=as_json)


@app.command()
def conformance(
    link: Annotated[str, typer.Argument(help="A register's link: tcp:HOST:PORT, serial:PORT, usb:…, http://…")],
    *,
    family: Annotated[str, typer.Option(help="shtrih, pirit, atol, atol-web; found out unless given.")] = "auto",
    option: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="Of its driver; repeatable.")] = None,
    documents: Annotated[int, typer.Option(help="How many of the newest documents to read back.", min=0)] = 5,
    report: Annotated[
        Path | None, typer.Option(help="File of the report; conformance-SERIAL.md (.json with --json) by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that a real register answers as its driver expects; prints and changes nothing, and writes a report.

    Nothing else may use the register meanwhile, and no receipt may be open in it.
    """
    from gateway.cli.conformance import conformance as run

    asyncio.run(run(link, family=family, options=option or (), documents=documents, report=report, as_json=as_json))


@app.command()
def notifications(
    link: Annotated[str, typer.Argument(help="An autonomous register's link: tcp:HOST:PORT, serial:PORT, usb:…")],
    *,
    out: Annotated[Path, typer.Option(help="Directory for the files, one for each notification.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Take out what an autonomous register has to tell the marking system about sold codes."""
    from gateway.cli import notifications as taking

    asyncio.run(taking.take_out(link, out, as_json=as_json))


@app.command()
def scan(
    target: Annotated[
        str | None,
        typer.Argument(help="A scanner's name, or a link: serial:PORT, hid:/dev/input/by-id/…; all by default."),
    ] = None,
    *,
    train: Annotated[
        str | None, typer.Option(help="Learn the scanner's set-up from one scan of this CODE, or of `sample`.")
    ] = None,
    past: Annotated[bool, typer.Option("--past", help="Begin with the scans that the gateway keeps.")] = False,
    count: Annotated[int | None, typer.Option(help="End after so many scans.", min=1)] = None,
    seconds: Annotated[float | None, typer.Option(help="End after so many seconds.", min=0)] = None,
    config: Config = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show live what a scanner sends, byte for byte, and how to set it up."""
    from gateway.cli.scan import scan as run

    raise typer.Exit(
        run(
            target,
            train=train,
            past=past,
            count=count,
            seconds=seconds,
            config=config,
            data_dir=data_dir,
            url=url,
            as_json=as_json,
        )
    )


@app.command()
def decode(
    target: Annotated[
        str, typer.Argument(metavar="IMAGE|CODE", help="A picture's file, or a code in quotes; - reads standard input.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Find the codes on a picture, or say what a code means."""
    from gateway.cli.decode import decode as run

    raise typer.Exit(run(target, as_json=as_json))


@app.command()
def explain(
    frame: Annotated[list[str], typer.Argument(help="Bytes of a captured frame in hex; spaces are fine.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Say in words what a captured frame means."""
    from gateway.cli import hardware

    hardware.explain(" ".join(frame), as_json=as_json)


@token_app.command("create")
def token_create(
    name: Annotated[str, typer.Argument(help="Who will use it.")],
    *,
    scope: Annotated[list[Scope], typer.Option("--scope", help="What it opens; repeatable.")],
    config: Config = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a token; its secret is shown this once."""
    from gateway.cli import tokens

    tokens.create(config, data_dir, name, " ".join(scope), as_json=as_json)


@token_app.command("list")
def token_list(*, config: Config = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Every token, without its secret."""
    from gateway.cli import tokens

    tokens.show(config, data_dir, as_json=as_json)


@token_app.command("revoke")
def token_revoke(
    id: Annotated[str, typer.Argument(help="As `token list` shows it.")],
    *,
    config: Config = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a token worthless."""
    from gateway.cli import tokens

    tokens.revoke(config, data_dir, id, as_json=as_json)


@app.command()
def trust(
    *,
    export: Annotated[Path | None, typer.Option(help="Write the authority's certificate to this file.")] = None,
    install: Annotated[bool, typer.Option("--install", help="Put it into this machine's trust stores.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take it out of them.")] = False,
    config: Config = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the gateway's local certificate authority and let this machine trust it."""
    from gateway.cli.trust import trust as run

    run(config, data_dir, export=export, install=install, remove=remove, as_json=as_json)


@app.command()
def support(
    file: Annotated[Path | None, typer.Argument(help="Where to write it; a new .zip here by default.")] = None,
    *,
    config: Config = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Gather what helps to help into one file, without secrets and buyers."""
    from gateway.cli.support import support as run

    run(file, config, data_dir, as_json=as_json)


@app.command()
def version(*, as_json: AsJson = False) -> None:
    """The version of this program."""
    from importlib.metadata import version as installed

    number = installed("fiscal-gateway")
    if as_json:
        output.emit_json({"version": number})
    else:
        output.emit(f"fiscal-gateway {number}")


def main() -> None:
    """Console script."""
    if not __debug__:
        raise SystemExit("fiscal-gateway runs without -O and PYTHONOPTIMIZE: its assertions must hold")
    app()
