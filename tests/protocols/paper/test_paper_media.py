"""Wrapping, plain text and the picture."""

import time
from io import BytesIO

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from protocols.paper import picture, text
from protocols.paper.lines import Gap, Line, Pair, Qr, Rule, Text
from protocols.paper.rows import Row, paired, rows, wrapped

QR = "t=20240917T1801&s=1285.21&fn=7281440500751551&i=30526&fp=1168453787&n=1"
PAPER: tuple[Line, ...] = (
    Text("КАССОВЫЙ ЧЕК", align="center", bold=True),
    Rule(),
    Text("Чай чёрный листовой крупный, 100 г"),
    Gap(),
    Pair("ИТОГ", "=1285.21", bold=True, double=True),
    Qr(QR),
)

words = st.text(alphabet="абвгдеёжзABC0123-/.,", min_size=1, max_size=40)
sentences = st.lists(words, min_size=1, max_size=12).map(" ".join)
widths = st.integers(16, 64)


@given(sentences, widths)
def test_wrapping_loses_nothing_and_stays_inside(sentence: str, width: int) -> None:
    parts = wrapped(sentence, width)
    assert all(len(part) <= width for part in parts)
    assert "".join(parts).replace(" ", "") == sentence.replace(" ", "")


@given(sentences, sentences, widths)
def test_pairs_keep_to_both_edges(left: str, right: str, width: int) -> None:
    parts = paired(left, right, width)
    assert all(len(part) <= width for part in parts)
    assert len(parts[-1]) == width
    assert "".join(parts).replace(" ", "") == (left + right).replace(" ", "")


def test_names_break_between_words() -> None:
    assert wrapped("Сыр российский молодой весовой", 16) == ["Сыр российский", "молодой весовой"]
    assert wrapped("Превысокомногорассмотрительствующий", 16) == ["Превысокомногора", "ссмотрительствую", "щий"]
    assert wrapped("  как есть  ", 16) == ["  как есть  "]
    assert wrapped("а\nб", 16) == ["а", "б"]


def test_a_pair_has_a_space_between() -> None:
    assert paired("НДС", "1.00", 8) == ["НДС 1.00"]
    assert paired("НДС", "10.00", 8) == ["НДС", "   10.00"]


def test_alignment() -> None:
    laid = rows([Text("аб", align="center"), Text("аб", align="right"), Text("аб")], 6)
    assert [row.text for row in laid if isinstance(row, Row)] == ["  аб", "    аб", "аб"]


def test_double_lines_take_half_the_columns_where_they_are_scaled() -> None:
    line = Pair("ИТОГ", "=1.00", double=True)
    assert [row.text for row in rows([line], 32, scales=True) if isinstance(row, Row)] == ["ИТОГ       =1.00"]
    assert [row.text for row in rows([line], 32) if isinstance(row, Row)] == ["ИТОГ                       =1.00"]


def decoded(png: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(png)]


def test_the_qr_in_text_reads_back() -> None:
    drawn = text.render([Qr(QR)]).splitlines()
    width = max(map(len, drawn)) + 8
    cells = Image.new("L", (width, 2 * len(drawn) + 8), 255)
    for y, row in enumerate(drawn):
        for x, block in enumerate(row):
            for half, dark in enumerate((block in "▀█", block in "▄█")):
                if dark:
                    cells.putpixel((x + 4, 2 * y + half + 4), 0)
    assert decoded(cells.resize((cells.width * 4, cells.height * 4), Image.Resampling.NEAREST)) == [QR]


def test_a_narrow_text_writes_the_qr_out() -> None:
    assert text.render([Qr(QR)], 32).replace("\n", "") == QR
    assert text.render([Qr(QR)], 32, qr=False) == ""


def test_text_of_an_emulator_says_so() -> None:
    printed = text.render(PAPER, emulated=True, qr=False).splitlines()
    assert printed[0].strip() == printed[-1].strip() == "*** ЭМУЛЯТОР ***"
    assert "ЭМУЛЯТОР" not in text.render(PAPER)


@pytest.mark.parametrize("width", [32, 48])
@pytest.mark.parametrize("emulated", [False, True])
def test_the_qr_in_the_picture_reads_back(width: int, emulated: bool) -> None:
    image = Image.open(BytesIO(picture.render(PAPER, width, emulated=emulated)))
    assert image.format == "PNG"
    assert decoded(image) == [QR]
    # as on a photo: half the size
    assert decoded(image.resize((image.width // 2, image.height // 2))) == [QR]


def test_an_emulated_picture_differs_wherever_one_cuts_it() -> None:
    """The mark is on a bar and all across the paper: no strip of it passes for a real receipt."""
    many = [Text(f"Строка {number}") for number in range(60)]
    plain = Image.open(BytesIO(picture.render(many, emulated=False)))
    marked = Image.open(BytesIO(picture.render(many, emulated=True)))

    def greys(image: Image.Image, top: int) -> int:
        return image.crop((0, top, image.width, top + 200)).histogram()[picture._MARK]

    tops = range(100, plain.height - 200, 100)
    assert max(greys(plain, top) for top in tops) < 200 < 2000 < min(greys(marked, top) for top in tops)


def test_the_qr_keeps_its_quiet_zone_free_of_the_mark() -> None:
    paper = Image.open(BytesIO(picture.render([Qr(QR)], emulated=True)))
    dark = paper.point(lambda value: 255 if value < 60 else 0)
    left, top, right, bottom = dark.crop((0, 100, paper.width, paper.height)).getbbox() or (0, 0, 0, 0)
    quiet = 4 * picture._QR_MODULE
    box = (left - quiet, 100 + top - quiet, right + quiet, 100 + bottom + quiet)
    assert right - left == 33 * picture._QR_MODULE
    assert len(paper.crop(box).getcolors() or ()) == 2


def test_paper_is_as_wide_as_its_columns() -> None:
    narrow, wide = (Image.open(BytesIO(picture.render(PAPER, width))) for width in (32, 48))
    assert wide.width - narrow.width == pytest.approx(16 * 12.04, abs=2)


def test_cyrillic_is_drawn_by_the_bundled_font() -> None:
    def ink(letters: str) -> bytes:
        return picture.render([Text(letters)])

    # a font without the letters draws the same box for each
    assert len({ink(letter) for letter in "ЖЫщЁ№"}) == 5


def test_a_picture_takes_at_most_50_ms_of_processor_time() -> None:
    receipt = [*PAPER, *(Pair(f"Строка {number}", "=100.00") for number in range(40))]
    picture.render(receipt, emulated=True)
    spent = []
    for _ in range(5):
        start = time.process_time()
        picture.render(receipt, emulated=True)
        spent.append(time.process_time() - start)
    assert min(spent) < 0.05


CONTROLS = "П\x00е\x1bт\x1eр\x7fо\nв"


def test_control_characters_neither_command_a_terminal_nor_stop_a_picture() -> None:
    lines: list[Line] = [Text(CONTROLS), Pair("КАССИР", CONTROLS), Pair(CONTROLS, "")]
    shown = text.render(lines)
    assert all(character.isprintable() or character == "\n" for character in shown)
    assert "П·е·т р·о в" in shown
    assert picture.render(lines).startswith(b"\x89PNG")


def test_an_endless_tape_is_drawn_without_its_middle() -> None:
    lines: list[Line] = [Text(f"строка {number}") for number in range(30_000)]
    drawn = Image.open(BytesIO(picture.render([*lines, Qr("t=1")])))
    assert drawn.height < 4_200 * 26
    usual = Image.open(BytesIO(picture.render(lines[:3_000])))
    assert usual.height > 3_000 * 26
