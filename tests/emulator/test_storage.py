"""The state on disk: all of a change or nothing, one owner at a time."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.storage import FILE, Storage, StorageError


class Undo(Exception):
    """Leaves a transaction."""


@contextlib.contextmanager
def undone(storage: Storage):
    with contextlib.suppress(Undo), storage.transaction():
        yield
        raise Undo


@pytest.fixture(params=["disk", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path):
    opened = Storage(tmp_path / "a" / "b" if request.param == "disk" else None)
    yield opened
    opened.close()


def test_values_come_back(storage: Storage) -> None:
    storage.put("key", {"name": "Ромашка", "sum": 2**60, "list": [1, None, True]})
    assert storage.get("key") == {"name": "Ромашка", "sum": 2**60, "list": [1, None, True]}
    storage.delete("key")
    assert storage.get("key") is None


def test_a_failed_transaction_leaves_nothing(storage: Storage) -> None:
    storage.put("key", 1)
    generation = storage.generation
    with undone(storage):
        storage.put("key", 2)
        with storage.transaction():
            storage.put("other", 3)
    assert (storage.get("key"), storage.get("other")) == (1, None)
    assert storage.generation != generation
    with storage.transaction():
        storage.put("key", 4)
    assert storage.get("key") == 4


def test_a_failing_inner_part_undoes_the_whole(storage: Storage) -> None:
    with contextlib.suppress(Undo), storage.transaction():
        storage.put("outer", 1)
        with storage.transaction():
            raise Undo
    assert storage.get("outer") is None


def test_calls_after_commit_run_when_the_outermost_block_is_stored(storage: Storage) -> None:
    seen: list[object] = []
    with storage.transaction():
        with storage.transaction():
            storage.put("key", 1)
            storage.after_commit(lambda: seen.append(storage.get("key")))
        storage.put("key", 2)
        assert seen == []
    assert seen == [2]
    storage.after_commit(lambda: seen.append("now"))
    assert seen == [2, "now"]


def test_calls_after_commit_are_dropped_with_an_undone_transaction(storage: Storage) -> None:
    seen: list[int] = []
    with undone(storage):
        storage.after_commit(lambda: seen.append(1))
    with storage.transaction():
        pass
    assert seen == []


def test_a_call_after_commit_that_raises_undoes_nothing(storage: Storage) -> None:
    def fail() -> None:
        raise Undo

    def change() -> None:
        with storage.transaction():
            storage.put("key", 1)
            storage.after_commit(fail)

    generation = storage.generation
    with pytest.raises(Undo):
        change()
    assert storage.get("key") == 1
    assert storage.generation == generation
    with storage.transaction():
        storage.put("key", 2)
    assert storage.get("key") == 2


def test_clear_empties_every_table(storage: Storage) -> None:
    storage.execute("create table more (x)")
    storage.execute("insert into more values (1)")
    storage.put("key", 1)
    generation = storage.generation
    storage.clear()
    assert storage.get("key") is None
    assert storage.rows("select * from more") == []
    assert storage.generation > generation


def test_a_directory_is_reusable(tmp_path: Path) -> None:
    first = Storage(tmp_path)
    first.put("key", 1)
    first.close()
    first.close()
    second = Storage(tmp_path)
    assert second.get("key") == 1
    second.close()


def test_a_second_owner_is_refused(tmp_path: Path) -> None:
    first = Storage(tmp_path)
    with pytest.raises(StorageError, match="in use by another emulator"):
        Storage(tmp_path)
    first.put("still", "works")
    first.close()
    Storage(tmp_path).close()


_HOLDER = """
import sys
from emulator.storage import Storage
storage = Storage(sys.argv[1])
storage.put("key", 1)
print("up", flush=True)
sys.stdin.read()
"""


def test_another_process_is_refused_until_the_owner_is_killed(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(os.environ),
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"up\n"
    with pytest.raises(StorageError, match=str(tmp_path)):
        Storage(tmp_path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    storage = Storage(tmp_path)
    assert storage.get("key") == 1
    storage.close()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(StorageError, match="move it away"):
        Storage(tmp_path)


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="check its path and rights"):
        Storage(tmp_path / "file")
