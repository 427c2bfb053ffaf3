"""`fiscal-emulator`: emulated devices of a shop as programs (design.md, "Command line").

Standard output carries the one line that says what accepts connections; everything else goes to standard error. Exit
codes: 0 fine, 2 usage, 78 the configuration cannot be used (address taken, state directory unusable), 1 anything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from emulator import faults as fault_words
from emulator import serving
from emulator.channels import Address, parse_host_port, parse_listen
from emulator.families import FAMILIES, USUAL, Family
from emulator.fault_kinds import KINDS
from emulator.plans import Plan, RegisterPlan
from emulator.registers.base import Settings
from emulator.rim import Clock, parse_time, seeded
from protocols.ffd.enums import FfdVersion

#: Word of `--oism` for a register that finds no marking system.
NO_OISM = "none"

app = typer.Typer(
    name="fiscal-emulator",
    help="Emulated devices of a Russian shop: fiscal registers and the OFD, on real sockets and terminals.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

A = TypeVar("A")
T = TypeVar("T")

Listen = Annotated[
    list[str] | None,
    typer.Option("--listen", metavar="tcp:HOST:PORT|pty:PATH", help="Where to accept connections; repeatable."),
]
Ffd = Annotated[FfdVersion | None, typer.Option("--ffd", help="ФФД of a new register.", show_default="1.2")]
State = Annotated[Path | None, typer.Option("--state", metavar="DIR", help="Keep the state here; else in memory only.")]
Ofd = Annotated[str | None, typer.Option("--ofd", metavar="HOST:PORT", help="Send documents to this OFD.")]
Oism = Annotated[
    str | None,
    typer.Option("--oism", metavar="HOST:PORT|none", help="Ask this ОИСМ about marking codes.", show_default="its own"),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Make everything random repeatable.")]
StartTime = Annotated[
    str | None, typer.Option("--start-time", metavar="T", help="ISO 8601; without an offset, Moscow time.")
]
Speed = Annotated[str, typer.Option("--speed", metavar="instant|real", help="real: line speed and printing time.")]
ControlAt = Annotated[str | None, typer.Option("--control", metavar="HOST:PORT", help="HTTP to look and to break.")]
Fault = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="KIND[:command=…,count=…,after_bytes=…,seconds=…,error=…]",
        help="Something to go wrong, as POST /faults takes it; repeatable. `faults` lists the kinds.",
    ),
]
Quirk = Annotated[
    list[str] | None, typer.Option("--quirk", metavar="WORD", help="A habit of real devices; repeatable.")
]
AsJson = Annotated[bool, typer.Option("--json", help="The ready line as JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log every connection.")]


def _parsed(option: str, parse: Callable[[A], T], given: A) -> T:
    try:
        return parse(given)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def _listens(texts: list[str] | None, default: str) -> tuple[Address, ...]:
    return tuple(_parsed("--listen", parse_listen, text) for text in texts or [default])


def _clock(text: str | None) -> Clock:
    return Clock(None if text is None else _parsed("--start-time", parse_time, text))


def _real(speed: str) -> bool:
    if speed not in {"instant", "real"}:
        raise typer.BadParameter(f"{speed!r} is neither instant nor real", param_hint="--speed")
    return speed == "real"


def _quirks(family: Family, words: list[str] | None, known: Iterable[str] | None = None) -> frozenset[str]:
    """Those of the words that the family knows; each must be among `known`, by default the family's own."""
    own = family.quirks()
    known = own if known is None else set(known)
    for word in words or []:
        if word not in known:
            raise typer.BadParameter(f"{word!r} is unknown; known: {', '.join(sorted(known))}", param_hint="--quirk")
    return frozenset(words or []) & frozenset(own)


def _faults(family: Family, texts: list[str] | None) -> tuple[fault_words.Fault, ...]:
    names = family.command_code
    return tuple(_parsed("--fault", lambda text: fault_words.parse_fault(text, names), text) for text in texts or [])


def _register_command(name: str, family: Family) -> None:
    @app.command(name, help=f"{family.title}; default: {family.listen}.")
    def register(
        listen: Listen = None,
        ffd: Ffd = None,
        state: State = None,
        ofd: Ofd = None,
        oism: Oism = None,
        seed: Seed = None,
        start_time: StartTime = None,
        speed: Speed = "instant",
        control: ControlAt = None,
        fault: Fault = None,
        quirk: Quirk = None,
        as_json: AsJson = False,
        verbose: Verbose = False,
    ) -> None:
        plan = Plan(
            registers=(
                RegisterPlan(
                    settings=Settings(ffd=ffd, quirks=_quirks(family, quirk), real_speed=_real(speed)),
                    family=name,
                    listen=_listens(listen, family.listen),
                    faults=_faults(family, fault),
                    state=state,
                ),
            ),
            ofd_at=None if ofd is None else _parsed("--ofd", parse_host_port, ofd),
            with_oism=oism is None,
            oism_state=None if state is None else state / "oism",
            oism_at=None if oism in {None, NO_OISM} else _parsed("--oism", parse_host_port, str(oism)),
        )
        _run(plan, _clock(start_time), seed, control, as_json, verbose)


for _name, _family in FAMILIES.items():
    _register_command(_name, _family)


@app.command()
def ofd(
    listen: Listen = None,
    state: State = None,
    seed: Seed = None,
    start_time: StartTime = None,
    control: ControlAt = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """An operator of fiscal data that confirms what registers send; default: tcp:127.0.0.1:7779."""
    plan = Plan(with_ofd=True, ofd_listen=_listens(listen, "tcp:127.0.0.1:7779"), ofd_state=state)
    _run(plan, _clock(start_time), seed, control, as_json, verbose)


@app.command()
def marking(
    listen: Listen = None,
    state: State = None,
    seed: Seed = None,
    start_time: StartTime = None,
    control: ControlAt = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault", metavar="WORD[:count=…,seconds=…]", help="As POST /oism/behaviour takes it; repeatable."
        ),
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """The operator of the marking system (ОИСМ): answers registers about codes; default: tcp:127.0.0.1:7780.

    Codes nobody told it of are in circulation; `PUT /codes/{cis}` at --control tells it otherwise.
    """
    from emulator.marking.oism import parse_misbehaviour

    for text in fault or []:
        _parsed("--fault", parse_misbehaviour, text)
    plan = Plan(
        with_oism=True,
        oism_listen=_listens(listen, "tcp:127.0.0.1:7780"),
        oism_state=state,
        oism_faults=tuple(fault or []),
    )
    _run(plan, _clock(start_time), seed, control, as_json, verbose)


@app.command()
def shop(
    listen: Listen = None,
    registers: Annotated[int, typer.Option("--registers", min=1, max=99, help="How many registers.")] = 1,
    family: Annotated[
        list[str] | None,
        typer.Option("--family", metavar="|".join(FAMILIES), help="Of what family; repeatable, dealt in turn."),
    ] = None,
    ofd_listen: Annotated[
        list[str] | None, typer.Option("--ofd-listen", metavar="tcp:HOST:PORT", help="Let others use the OFD too.")
    ] = None,
    oism_listen: Annotated[
        list[str] | None, typer.Option("--oism-listen", metavar="tcp:HOST:PORT", help="Let others use the ОИСМ too.")
    ] = None,
    ffd: Ffd = None,
    state: State = None,
    ofd: Ofd = None,
    oism: Oism = None,
    seed: Seed = None,
    start_time: StartTime = None,
    speed: Speed = "instant",
    control: ControlAt = None,
    fault: Fault = None,
    quirk: Quirk = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Registers and their OFD in one process. Registers are kkt-1, kkt-2 …; --listen addresses are dealt in turn.

    Default: tcp:127.0.0.1:7778 and upwards, one port a register. With --ofd another OFD takes the documents.
    """
    texts = listen or [f"tcp:127.0.0.1:{7778 + index}" for index in range(registers)]
    if len(texts) < registers:
        raise typer.BadParameter(f"{registers} registers need as many addresses", param_hint="--listen")
    wanted = family or [USUAL]
    for name in wanted:
        if name not in FAMILIES:
            raise typer.BadParameter(f"{name!r} is unknown; known: {', '.join(FAMILIES)}", param_hint="--family")
    known = {word for name in wanted for word in FAMILIES[name].quirks()}
    dealt = [wanted[index % len(wanted)] for index in range(registers)]
    plan = Plan(
        registers=tuple(
            RegisterPlan(
                settings=Settings(
                    name=f"kkt-{index + 1}",
                    serial=index + 1,
                    ffd=ffd,
                    quirks=_quirks(FAMILIES[name], quirk, known),
                    real_speed=_real(speed),
                ),
                family=name,
                listen=tuple(_parsed("--listen", parse_listen, text) for text in texts[index::registers]),
                faults=_faults(FAMILIES[name], fault),
                state=None if state is None else state / f"kkt-{index + 1}",
            )
            for index, name in enumerate(dealt)
        ),
        with_ofd=ofd is None,
        ofd_listen=tuple(_parsed("--ofd-listen", parse_listen, text) for text in ofd_listen or []),
        ofd_state=None if state is None else state / "ofd",
        ofd_at=None if ofd is None else _parsed("--ofd", parse_host_port, ofd),
        with_oism=oism is None,
        oism_listen=tuple(_parsed("--oism-listen", parse_listen, text) for text in oism_listen or []),
        oism_state=None if state is None else state / "oism",
        oism_at=None if oism in {None, NO_OISM} else _parsed("--oism", parse_host_port, str(oism)),
    )
    _run(plan, _clock(start_time), seed, control, as_json, verbose)


@app.command()
def scanner(
    listen: Listen = None,
    kind: Annotated[str, typer.Option("--as", metavar="serial|keyboard|hid-pos", help="How it speaks.")] = "serial",
    aim: Annotated[bool, typer.Option("--aim/--no-aim", help="Whether AIM ids are sent before codes.")] = True,
    prefix: Annotated[str, typer.Option("--prefix", help="Text before each code.")] = "",
    suffix: Annotated[str, typer.Option("--suffix", metavar="cr|lf|crlf|tab|etx|none", help="End of a code.")] = "cr",
    gs: Annotated[
        str | None, typer.Option("--gs", metavar="CHORD|TEXT", help='Sent for GS, for example "f8" or "{GS}".')
    ] = None,
    packet: Annotated[int, typer.Option("--packet", help="Bytes of one packet of a serial scanner.")] = 64,
    device: Annotated[
        bool, typer.Option("--device", help="Also a real input device of this machine, by uinput or uhid.")
    ] = False,
    control: ControlAt = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            metavar="KIND[:count=…,seconds=…]",
            help="Something to go wrong with the next scans; repeatable. `scanner-faults` lists the kinds.",
        ),
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """A barcode scanner whose trigger is `POST /scan {"code"}` of its control server; default: tcp:127.0.0.1:7780.

    As keyboard it sends input events of 24 bytes, as hid-pos reports of 64 bytes.
    """
    from emulator.scanners import faults as scan_faults
    from emulator.scanners import parse_setup, program

    given = {"as": kind, "aim": "yes" if aim else "no", "prefix": prefix, "suffix": suffix, "packet": str(packet)}
    setup = _parsed("--as, --suffix, --gs", parse_setup, given if gs is None else given | {"gs": gs})
    waiting = [_parsed("--fault", scan_faults.parse_fault, text) for text in fault or []]
    for one in waiting:
        _parsed("--fault", scan_faults.ScanFaults(setup.kind).add, one)
    addresses = () if device and not listen else _listens(listen, "tcp:127.0.0.1:7780")
    control_at = _parsed("--control", parse_host_port, control or "127.0.0.1:0")
    serving.serve_until_stopped(program.running(setup, addresses, waiting, control_at, device=device), as_json, verbose)


@app.command("scanner-faults")
def scanner_faults(as_json: AsJson = False) -> None:
    """The kinds of faults that a scanner's --fault and POST /faults know."""
    from emulator.scanners.control import fault_rows

    rows = fault_rows()
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for kind, row in rows.items():
        seconds = "" if row["seconds"] is None else f" (seconds={row['seconds']:g})"
        typer.echo(f"{kind}{seconds}: {row['what']} [{', '.join(row['as'])}]")


@app.command()
def faults(as_json: AsJson = False) -> None:
    """The kinds of faults that --fault and POST /faults know, and what their parameters are when left out."""
    if as_json:
        rows = {
            str(kind): {"point": str(row.point), "what": row.what, "parameters": row.parameters}
            for kind, row in KINDS.items()
        }
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for kind, row in KINDS.items():
        given = ", ".join(f"{name}={value}" for name, value in row.parameters.items())
        typer.echo(f"{kind}{f' ({given})' if given else ''}: {row.what}")


def _run(plan: Plan, clock: Clock, seed: int | None, control: str | None, as_json: bool, verbose: bool) -> None:
    control_at = None if control is None else _parsed("--control", parse_host_port, control)
    random = None if seed is None else seeded(seed)
    serving.serve_until_stopped(serving.shop(plan, clock, random, control_at), as_json, verbose)


def main() -> Any:
    """Console script."""
    return app()


if __name__ == "__main__":
    main()
