"""docs/new-family.md: what a family of registers takes, with the rooms that the families have now."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from devices.registers.factory import FAMILIES

ROOT = Path(__file__).parents[1]

_PAGE = """# A new family of registers

Generated from the tree by `docs/new_family_page.py`; `tests/docs/test_new_family.py` holds what it says of rows and
rooms. The layers are in [architecture.md](architecture.md), the promise a driver keeps in
[exactly-once.md](exactly-once.md). A model that speaks a protocol which is there already is no family but a row of
[models.md](models.md).

## What it took so far

Thousands of lines, without tests. Nothing of one family is imported by another (import-linter), and nothing shared asks
which family it serves.

{sizes}

## Order of work

1. **Evidence.** Two independent sources of the wire at least, one of them bytes: a vendor's manual with worked frames,
   captures, clients by other people. What they do not settle becomes one visible switch or row marked UNCONFIRMED, and
   a row of the family's page of doubts.
2. **`protocols/<family>/`**, pure: framings as streams of either side, commands and errors as rows, VAT rows, models,
   `explain` (bytes in Russian words, `fits` for identification). Every foreign frame is a test; every decoder a target
   of `tests/campaigns/fuzzing`.
3. **The emulated register** around the shared core, then other people's clients against it, unmodified
   (`tests/interop`): both sides of a wire that share a table must not agree on a mistake.
4. **The driver**, closed at first: its `Driver` inherits `BaseDriver` (`devices/registers/driver.py`) and has
   `_connect` with the fence, `_archived` (a document of the drive), `bookmark`, settling; then receipts; then what is
   left of `base.Register`. `lacks` and `correction_items` say honestly what it cannot.
5. **Rows** (below), then the conformance suite, the campaigns, the docs. What differs from other families is a row with
   its reason in `tests/helpers/register_rows.py`, or a fault.

## Rows outside its own rooms

| where | what it does |
|---|---|
| `emulator/families.py` | `fiscal-emulator <family>`, shops, `emulated:<family>` links, faults by a command's name |
| `devices/registers/factory.py` | configuration, `devices`, `diagnose`, `explain`, traces |
| `devices/registers/models.py` | its models (`protocols/<family>/models.py`) |
| `pyproject.toml` | import-linter: the lists of families that do not know each other |
| `tests/helpers/register_rows.py` | the conformance suite runs on it; its lacks and differences |
| `tests/helpers/campaign_families.py` | simulated and real shops of it: options, commands that faults wait for |
| `tests/campaigns/fuzzing/registry.py` | its decoders |
| `docs/generate.py` | its page of commands, errors and doubts |

## Rooms

What each file is in the first family that has it, and which have: where all have one, the next wants it too.

### protocols/<family>

{protocols}

### emulator/registers/<family>

{emulator}

### devices/registers/<family>

{devices}

## The emulated register

It writes its memory (a `Memory` with settings of its own), its `Core` (what a power cut clears), its commands, and a
table `Reason -> number` for what the core refuses. Documents, counters, paper, the drive and marking are the core's:
`begin`, `close_receipt`, `report`, `move_cash`, `x_report` are one storage transaction each. A command that raises has
changed nothing.

Its line is a `DeviceFraming` (`protocols/framing.py`): `feed`, `poll` (a byte to send, or a message to execute),
`answer`, `forget`, `timeout`. Faults then strike it without a line of its own: before the command, at the drive's
commit, and at the answer. HTTP is a framing too.

## The driver

`bookmark` reads where the drive stands before the first byte goes out; `answered` is set by the answer to what closes a
document. Whatever makes it uncertain is a `LinkError` and leads to settling by the drive's own documents
(`settle.py`, `settling.py`, `verdicts.py`), a refusal after which a document may exist all the same too
(`readback.refused_yet_made`). `failed` is proof that no document exists; what cannot be proven stays `settling` and
says so.

What no wire changes stands once, in `devices/registers/`:

| room | what a driver takes from it |
|---|---|
| `driver.py` | profile and clock, capabilities, connecting, who may check codes, proof that a report was made |
| `line_faults.py` | draining a line, a flood, silence, a lost answer; looking for the protocol a device speaks |
| `alike.py`, `archive.py` | what must be heard alike twice; a document in blocks, parsed, with its QR |
| `readback.py` | the document against the receipt; answers that contradict the drive |
| `refusals.py`, `faults.py` | error rows as errors; what registration and commands have no room for |
| `codes.py`, `marking.py`, `notifications.py` | the table of checked codes, verdicts, notifications taken out by hand |

Before settling may say so, nothing of an old connection may be able to act any more. This is what differs most, and
what to look for first in a new protocol:

| family | what an old connection can still do | how it is made certain |
|---|---|---|
| Штрих-М | bytes under way; an answer that waits for ENQ | the line is drained, ENQ tells, 88h cancels |
| АТОЛ, protocol 2 | an answer that the device offers by an ENQ of its own | it is taken before anything is asked |
| АТОЛ, protocol 3 | tasks in the device's buffer, carried out later | C4h empties it, C3h tells of a task |
| Пирит | requests queued behind each other | a question with an id of its own goes behind: once it is answered |
| веб-сервер АТОЛ | a call not read yet; the server's queue | ids follow from where the drive stands: taken once |

## What holds it

- `tests/conformance`: every scenario on every register and ФФД: the same receipt is the same fiscal TLV (differences
  are rows with reasons), the exactly-once matrix, paper and power, refusals, marking, orders.
- `tests/devices/test_<family>_every_byte.py`: the connection is lost at every byte of a receipt.
- `python -m simulation next:1000 --family <family>` and `python -m processes 1000 --family <family>`: worlds and shops
  under faults, the same judge for all; sums by family in [campaigns.md](campaigns.md).
- `fiscal-gateway conformance LINK`: the harmless part against real hardware.
"""

#: Package of the layer -> whose rooms it holds.
_LAYERS = {"protocols": "protocols", "emulator": "emulator/registers", "devices": "devices/registers"}


def page() -> str:
    return _PAGE.format(sizes=_sizes(), **{name: _rooms(ROOT / folder) for name, folder in _LAYERS.items()})


def packages() -> dict[str, str]:
    """Title of each family by the name of its packages."""
    return {name.replace("-", "_"): row.title for name, row in FAMILIES.items()}


def _sizes() -> str:
    lines = [f"| family | {' | '.join(f'`{folder}`' for folder in _LAYERS.values())} |", "|---|---|---|---|"]
    for package, title in packages().items():
        sizes = (_thousands(ROOT / folder / package) for folder in _LAYERS.values())
        lines.append(f"| {title} | {' | '.join(sizes)} |")
    return "\n".join(lines)


def _thousands(folder: Path) -> str:
    """To the half, so that not every change of a file is one of this page."""
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in folder.rglob("*.py"))
    return f"{round(lines / 500) / 2:g}"


def _rooms(folder: Path) -> str:
    """By how many have it; a folder of commands is one room."""
    found: dict[str, list[str]] = {}
    for package in packages():
        for name in _names(folder / package):
            found.setdefault(name, []).append(package)
    lines = ["| file | is | of |", "|---|---|---|"]
    for name, owners in sorted(found.items(), key=lambda one: (-len(one[1]), one[0])):
        whose = "all" if len(owners) == len(packages()) else ", ".join(f"`{owner}`" for owner in owners)
        lines.append(f"| `{name}` | {_first(folder / owners[0] / name)} | {whose} |")
    return "\n".join(lines)


def _names(package: Path) -> Iterator[str]:
    for path in package.iterdir():
        if path.suffix == ".py" and path.stem != "__init__":
            yield path.name
        elif (path / "__init__.py").exists():
            yield f"{path.name}/"


def _first(path: Path) -> str:
    """The first sentence of its docstring."""
    source = path if path.suffix else path / "__init__.py"
    said = ast.get_docstring(ast.parse(source.read_text("utf-8"))) or ""
    return said.partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")
