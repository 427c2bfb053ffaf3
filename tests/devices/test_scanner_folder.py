"""A folder of photographs, or a file that a camera's program writes anew, as a scanner."""

import asyncio
import os
from pathlib import Path

import pytest
from virtual_loop import virtual

from devices.errors import LinkError
from devices.links.parse import LinkSyntaxError
from devices.scanners import factory
from devices.scanners.base import Kind, Reading
from devices.scanners.folder import POLL, FolderScanner
from devices.scanners.looks import Look, PictureError, Seen
from devices.scanners.picture_reader import PictureReader
from protocols.scanner.reading import Note


class Reader(PictureReader):
    """Takes a picture's bytes for its codes, one a line, "bad" for no picture."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.closed = False
        self.pause = 0.0

    async def look(self, picture: bytes, **_: object) -> Look:
        self.looks += 1
        await asyncio.sleep(self.pause)
        if picture == b"bad":
            raise PictureError("damaged", hint="…")
        corners = ((0, 0),) * 4
        return Look(
            left_out=picture.count(b"more"),
            seen=tuple(
                Seen(data=line, symbology="]d2", engine="e", step="s", corners=corners)  # type: ignore[arg-type]
                for line in picture.split()
            ),
        )

    async def close(self) -> None:
        self.closed = True


async def scanner(path: Path) -> tuple[FolderScanner, Reader]:
    reader = Reader()
    made = FolderScanner(path, reader=reader)
    await made.open()
    return made, reader


async def several(made: FolderScanner, count: int) -> list[bytes]:
    return [(await made.read()).data for _ in range(count)]


async def nothing(made: FolderScanner, seconds: float = 20 * POLL) -> bool:
    """Whether no scan comes for so long; cancelling loses none."""
    try:
        async with asyncio.timeout(seconds):
            await made.read()
    except TimeoutError:
        return True
    return False


@virtual
async def test_new_pictures_are_read_in_the_order_they_came(tmp_path: Path) -> None:
    (tmp_path / "old.png").write_bytes(b"old")
    made, reader = await scanner(tmp_path)
    assert made.kind is Kind.IMAGE
    assert await nothing(made)
    names = [f"{letter}{kind}" for letter in "gbfaedc" for kind in (".jpg", ".PNG")]
    for number, name in enumerate(names):
        (tmp_path / name).write_bytes(name.encode())
        os.utime(tmp_path / name, ns=(number, number))
    assert await several(made, len(names)) == [name.encode() for name in names]
    assert reader.looks == len(names)
    assert await nothing(made)
    await made.close()
    assert reader.closed


@virtual
async def test_every_code_of_a_picture_is_a_scan_with_its_symbology(tmp_path: Path) -> None:
    made, _ = await scanner(tmp_path)
    (tmp_path / "two.png").write_bytes(b"one two")
    assert await made.read() == Reading(data=b"one", symbology="]d2")
    assert await made.read() == Reading(data=b"two", symbology="]d2")


@virtual
async def test_a_code_that_is_not_read_beside_others_is_told(tmp_path: Path) -> None:
    made, _ = await scanner(tmp_path)
    (tmp_path / "two.png").write_bytes(b"one more")
    assert await several(made, 2) == [b"one", b"more"]
    assert (await made.read()).notes == (Note.NO_CODE,)
    assert await nothing(made)


@pytest.mark.parametrize("content", [b"", b"bad"])
def test_a_picture_without_a_code_is_told(tmp_path: Path, content: bytes) -> None:
    @virtual
    async def told() -> None:
        made, _ = await scanner(tmp_path)
        (tmp_path / "none.png").write_bytes(content)
        reading = await made.read()
        assert (reading.data, reading.spoilt) == (b"", True)
        assert "не читается" in reading.advice[0]

    told()


@virtual
async def test_a_picture_is_read_when_it_is_whole(tmp_path: Path) -> None:
    made, reader = await scanner(tmp_path)
    photo = tmp_path / "photo.jpg"
    waiting = asyncio.create_task(made.read())
    with photo.open("ab", buffering=0) as file:
        for _ in range(5):
            file.write(b"x")
            await asyncio.sleep(POLL)  # each look finds it longer
    assert (await waiting).data == b"xxxxx"
    assert reader.looks == 1


@virtual
async def test_other_files_are_left_alone(tmp_path: Path) -> None:
    made, reader = await scanner(tmp_path)
    (tmp_path / "notes.txt").write_bytes(b"code")
    (tmp_path / ".hidden.png").write_bytes(b"code")
    assert await nothing(made)
    assert reader.looks == 0


@virtual
async def test_a_name_that_comes_back_is_a_new_picture(tmp_path: Path) -> None:
    made, _ = await scanner(tmp_path)
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"first")
    assert await several(made, 1) == [b"first"]
    photo.unlink()
    assert await nothing(made)
    photo.write_bytes(b"second")
    assert await several(made, 1) == [b"second"]


@virtual
async def test_a_folder_that_rests_is_not_searched_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = await scanner(tmp_path)
    searched: list[Path] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: searched.append(path) or scandir(path))
    assert await nothing(made, 1000 * POLL)
    assert 1 <= len(searched) <= 10
    (tmp_path / "new.png").write_bytes(b"new")
    assert await several(made, 1) == [b"new"]


@virtual
async def test_a_cameras_file_is_read_as_it_is_and_whenever_it_is_written(tmp_path: Path) -> None:
    frame = tmp_path / "frame.jpg"
    frame.write_bytes(b"first")
    made, reader = await scanner(frame)
    assert await several(made, 1) == [b"first"]
    frame.write_bytes(b"")  # nobody holds a label into the camera
    assert await nothing(made)
    frame.write_bytes(b"second one")
    assert await several(made, 2) == [b"second", b"one"]
    assert reader.looks == 3


@virtual
async def test_a_scan_that_nobody_waited_for_is_not_lost(tmp_path: Path) -> None:
    made, reader = await scanner(tmp_path)
    reader.pause = 10
    (tmp_path / "slow.png").write_bytes(b"code")
    assert await nothing(made, 5)
    assert await several(made, 1) == [b"code"]


@virtual
async def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    place = tmp_path / "photos"
    with pytest.raises(LinkError, match="No such file") as told:
        await scanner(place)
    assert told.value.code == "link_no_port"
    assert "Папки" in told.value.hint
    place.mkdir()
    made, _ = await scanner(place)
    waiting = asyncio.create_task(made.read())
    await asyncio.sleep(3 * POLL)
    place.rmdir()
    with pytest.raises(LinkError):
        await waiting


@virtual
async def test_a_picture_taken_away_before_its_turn_is_passed_over(tmp_path: Path) -> None:
    made, reader = await scanner(tmp_path)
    reader.pause = 1
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).write_bytes(name.encode())
        os.utime(tmp_path / name, ns=(ord(name[0]),) * 2)
    first = asyncio.create_task(made.read())
    await asyncio.sleep(3 * POLL)
    (tmp_path / "b.png").unlink()
    assert (await first).data == b"a.png"
    assert await several(made, 1) == [b"c.png"]


def test_the_link_of_a_folder(tmp_path: Path) -> None:
    made = factory.create(f"image:{tmp_path}")
    assert (made.kind, made.name) == (Kind.IMAGE, f"image:{tmp_path}")


@pytest.mark.parametrize("link", ["image:", "image:camera", "image:/dev/video0"])
def test_a_camera_itself_is_refused_in_words(link: str) -> None:
    with pytest.raises(LinkSyntaxError, match="let a program write a camera's frames there"):
        factory.create(link)
