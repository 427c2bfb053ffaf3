"""Schema versions: numbered SQL files of this package, applied in place, one transaction each.

`PRAGMA user_version` holds the number of the last file applied.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from importlib.resources import files

from gateway.journal.errors import JournalDamaged


def versions(folder: str) -> Mapping[int, str]:
    """The SQL of each version in `folder` ("schema", "trace_schema"), by its number."""
    scripts = (entry for entry in files("gateway.journal").joinpath(folder).iterdir() if entry.name.endswith(".sql"))
    return {int(entry.name.removesuffix(".sql")): entry.read_text("utf-8") for entry in scripts}


def migrate(connection: sqlite3.Connection, scripts: Mapping[int, str]) -> int:
    """Bring the database to the newest version; answers it. JournalDamaged where the file is newer than the program."""
    present = int(connection.execute("PRAGMA user_version").fetchone()[0])
    newest = max(scripts)
    if present > newest:
        raise JournalDamaged(
            f"the journal has schema version {present}, this program knows versions up to {newest}; "
            "install the newer program again",
            hint="Журнал создан более новой версией программы: установите её снова.",
        )
    for version in sorted(number for number in scripts if number > present):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements(scripts[version]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version:d}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    return newest


def statements(script: str) -> list[str]:
    """The script's statements one by one: `executescript` would commit each by itself."""
    found: list[str] = []
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    return found
