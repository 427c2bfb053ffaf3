"""Many codes on one picture: all are read, and what looks like a code and is not read is told."""

from collections.abc import Callable
from io import BytesIO
from math import sin
from random import Random
from time import perf_counter

import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from bench.crowds import Crowd, crowd, heard
from bench.labels import background, between, some
from devices.scanners.image import look
from devices.scanners.likeness import Like
from devices.scanners.looks import Look
from devices.scanners.picture import Picture, load
from devices.scanners.regions import regions
from emulator.labels import draw

MILK = b"0104600439931256215opFcm\x1d93dGVz"
OTHERS = tuple(b"0104600439931256215opF%02d\x1d93dGVz" % number for number in range(40))
EAN = b"4606203090785"


def seen_on(picture: Image.Image, *, seconds: float = 60, **options: int) -> Look:
    return look(Picture(picture, None, 1), clock=perf_counter, seconds=seconds, **options)


def counter(*labels: tuple[Image.Image, tuple[int, int]], size: tuple[int, int] = (640, 480)) -> Image.Image:
    picture = Image.new("L", size, 220)
    for label, place in labels:
        picture.paste(label, place)
    return picture


def spoilt(label: Image.Image, blur: float) -> Image.Image:
    """So blurred that nobody reads it, and everybody sees it."""
    return label.filter(ImageFilter.GaussianBlur(blur))


@pytest.mark.parametrize("kind", ["2-20 in a frame", "2-20, some spoilt", "2-20 on paper", "12 Mpx, 1-12 small"])
def test_no_code_is_lost_in_silence(kind: str) -> None:
    rng = Random(f"suite {kind}")
    for _ in range(2 if kind == "2-20 on paper" else 1):
        shown = crowd(kind, rng)
        found = seen_on(shown.picture, most=64)
        told = heard(shown, found)
        assert (told.wrong, told.lost) == (0, [])
        assert told.read >= 0.9 * sum(not placed.dim for placed in shown.placed)


def test_codes_that_need_different_steps_are_read_from_one_picture() -> None:
    """The ladder of the whole picture ends at the clean one."""
    small = draw(OTHERS[0], module=8).resize((56, 56), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(0.6))
    light = draw(OTHERS[1], module=4, dark=230, light=40)
    blurred = draw(OTHERS[2], module=6).filter(ImageFilter.GaussianBlur(3))
    bars = draw(EAN, symbology="]E0", module=2).rotate(40, Image.Resampling.BICUBIC, expand=True, fillcolor=220)
    picture = counter(
        (draw(MILK), (20, 20)), (small, (300, 40)), (light, (420, 60)), (blurred, (40, 260)), (bars, (300, 200))
    )
    found = seen_on(picture)
    assert {seen.data for seen in found.seen} == {MILK, *OTHERS[:3], EAN}
    assert (found.unread, found.contradicted, found.left_out) == ((), 0, 0)


def test_bars_beside_a_datamatrix_are_a_code_too() -> None:
    bars = draw(EAN, symbology="]E0", module=3)
    found = seen_on(counter((draw(MILK), (10, 10)), (bars, (170, 10))))
    assert [(seen.data, seen.symbology) for seen in found.seen] == [(MILK, "]d2"), (EAN, "]E0")]
    assert found.unread == ()


@pytest.mark.parametrize(
    "unreadable",
    [
        spoilt(draw(OTHERS[0], module=10), 7.5),
        spoilt(draw(EAN, symbology="]E0", module=6), 5),
        draw(OTHERS[0]).crop((0, 0, 100, 100)),
    ],
    ids=["matrix", "bars", "cut off"],
)
def test_what_looks_like_a_code_and_is_not_read_is_told_with_its_place(unreadable: Image.Image) -> None:
    for others in ((), ((draw(MILK), (10, 10)),)):
        found = seen_on(counter(*others, (unreadable, (260, 90)), size=(1040, 520)))
        assert [seen.data for seen in found.seen] == [MILK] * len(others)
        ((near, _, far, _),) = found.unread
        assert 240 <= near[0] < far[0] <= 280 + unreadable.width
        assert 70 <= near[1] < far[1] <= 110 + unreadable.height


def test_places_are_told_in_the_pixels_of_the_sent_picture() -> None:
    file = BytesIO()
    picture = counter((spoilt(draw(OTHERS[0], module=10), 7.5), (3000, 2000)), size=(5000, 4000))
    picture.save(file, "JPEG")
    loaded = load(file.getvalue())
    assert loaded.scale == 2
    ((near, _, far, _),) = look(loaded, clock=perf_counter, seconds=60).unread
    assert 2950 <= near[0] < far[0] <= 3350
    assert 1950 <= near[1] < far[1] <= 2350


def test_lettering_lines_and_noise_are_no_codes() -> None:
    rng = Random("suite lettering")
    page = Image.new("L", (900, 600), 235)
    pen = ImageDraw.Draw(page)
    for row in range(20):
        pen.text((20, 12 + row * 29), some(rng, "abcdefghijklmnop    ", 60), fill=30, font_size=rng.randint(12, 26))
    assert regions(page) == regions(page, alone=True) == []
    assert regions(Image.effect_noise((800, 600), 20)) == []
    for _ in range(5):
        counter_top = background(rng, (1280, 720))
        assert regions(counter_top) == regions(counter_top, alone=True) == []


@pytest.mark.parametrize("angle", [0, 20, 45, 70])
@pytest.mark.parametrize("module", [2, 4, 9])
def test_what_looks_like_a_code_does_so_at_any_angle_and_size(angle: int, module: int) -> None:
    for code, symbology, like in ((MILK, "]d2", Like.MATRIX), (EAN, "]E0", Like.BARS)):
        label = draw(code, symbology=symbology, module=module)
        label = label.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        found = regions(counter((between(label, 60, 220), (100, 100)), size=(1280, 1280)))
        assert {region.like for region in found} == {like}


def _moved() -> Image.Image:
    return counter((draw(OTHERS[0], module=6), (60, 60)), size=(300, 300)).filter(ImageFilter.BoxBlur((0, 7)))


def _torn_off() -> Image.Image:
    """Of few modules, and without its finder."""
    module = 6
    few = zxingcpp.create_barcode("12345", zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
    label = counter((Image.fromarray(few.to_image(scale=module, add_quiet_zones=False)), (40, 40)), size=(160, 160))
    label.paste(220, (40, 40, 40 + module, 160))
    return label


def _from_a_screen() -> Image.Image:
    label = counter((draw(OTHERS[0], module=6), (60, 60)), size=(340, 340)).filter(ImageFilter.GaussianBlur(2))
    lines = Image.new("L", label.size)
    lines.putdata([int(95 * (1 + sin(2.2 * (x + y / 8)))) for y in range(label.height) for x in range(label.width)])
    return ImageChops.subtract(label, lines)


@pytest.mark.parametrize("make", [_moved, _torn_off, _from_a_screen])
def test_a_symbol_alone_on_a_picture_is_told_however_spoilt(make: Callable[[], Image.Image]) -> None:
    picture = make()
    assert regions(picture) == []
    found = seen_on(picture)
    assert (found.seen, len(found.unread)) == ((), 1)


def test_codes_that_say_the_same_are_told_once_and_counted() -> None:
    labels = [draw(MILK, module=4), draw(MILK, module=3), draw(OTHERS[0], module=4), draw(MILK, module=4).rotate(90)]
    found = seen_on(counter(*((label, (150 * at, 150)) for at, label in enumerate(labels))))
    assert ({seen.data for seen in found.seen}, len(found.seen), found.repeated) == ({MILK, OTHERS[0]}, 2, 2)
    assert found.whole
    bars = draw(EAN, symbology="]E0", module=2)
    assert seen_on(counter((bars, (20, 20)), (bars, (20, 240)))).repeated == 0  # goods of one kind


def test_a_large_picture_full_of_small_codes_takes_few_looks() -> None:
    codes = [b"0104600439931256215op%03dm\x1d93dGVz" % at for at in range(128)]
    labels = ((draw(code, module=3), (100 * (at % 26), 100 * (at // 26))) for at, code in enumerate(codes))
    picture = counter(*labels, size=(2620, 930))
    looks = iter(range(1000))
    found = look(Picture(picture, None, 1), clock=lambda: next(looks), seconds=30)
    assert {seen.data for seen in found.seen} == set(codes)
    assert found.whole


def test_more_codes_than_were_asked_for_are_counted() -> None:
    labels = ((draw(code, module=3), (100 * (at % 6), 100 * (at // 6))) for at, code in enumerate(OTHERS[:20]))
    picture = counter(*labels)
    found = seen_on(picture)
    assert ({seen.data for seen in found.seen}, found.left_out) == (set(OTHERS[:20]), 0)
    found = seen_on(picture, most=16)
    assert (len(found.seen), found.left_out) == (16, 4)


def test_time_that_is_up_is_told() -> None:
    moments = iter([0.0, 0.1] + [5.0] * 100)
    picture = counter((draw(MILK), (10, 10)), (spoilt(draw(OTHERS[0], module=10), 7.5), (300, 100)))
    found = look(Picture(picture, None, 1), clock=lambda: next(moments), seconds=2)
    assert ([seen.data for seen in found.seen], found.in_time, len(found.unread)) == ([MILK], False, 1)


def test_the_measure_of_losses_measures_them() -> None:
    shown: Crowd = crowd("2-20 in a frame", Random("suite measure"))
    nothing = heard(shown, Look(seen=()))
    assert (nothing.read, len(nothing.lost)) == (0, len(shown.placed))
    left, top, right, bottom = shown.placed[0].box
    told = heard(shown, Look(seen=(), unread=(((left, top), (right, top), (right, bottom), (left, bottom)),)))
    assert (len(told.lost), told.told, told.needless) == (len(shown.placed) - 1, 1, 0)
