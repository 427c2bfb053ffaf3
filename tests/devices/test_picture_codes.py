"""Codes read from pictures: the ladder, the second opinion, and no answer where two readings differ."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random
from time import perf_counter

import pytest
import zxingcpp
from PIL import Image, ImageFilter, ImageOps
from pylibdmtx.pylibdmtx import decode as plain_pylibdmtx

from bench.labels import REQUIRED, background, grainy, several, shot
from devices.errors import RequestError
from devices.scanners import engines
from devices.scanners import verdict as verdict_module
from devices.scanners.engines import LIBDMTX, ZXING, Sight
from devices.scanners.image import look, read_codes
from devices.scanners.looks import Corners, Look, PictureError
from devices.scanners.picture import Picture, load
from devices.scanners.verdict import Readings
from emulator.labels import draw

CODE = b"0104600439931256215opFcmKaBc<>%\x1d91EE06\x1d92dGVzdL31KAYL0YT6592MjmW7a2HkF3IY+muf2pVSKdQ="
MILK = b"0104600439931256215opFcm\x1d93dGVz"
OTHER = b"0104600439931256215opFcm\x1d93XXXX"
EAN = b"4606203090785"


def png(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def read(picture: Image.Image, **options: object) -> list[bytes]:
    seen = read_codes(png(picture), clock=perf_counter, seconds=20, **options)  # type: ignore[arg-type]
    return [one.data for one in seen]


# --- separators ---


@pytest.mark.parametrize("scheme", ["zint", "Ascii", "C40", "Text", "AutoBest"])
def test_separators_survive_the_second_opinion_but_not_plain_pylibdmtx(scheme: str) -> None:
    label = draw(CODE) if scheme == "zint" else _drawn_by_libdmtx(scheme)
    (plain,) = plain_pylibdmtx(label, max_count=1, timeout=5000)
    assert plain.data != CODE
    assert b"\x1d" not in plain.data
    (seen,) = engines.libdmtx(label, most=1, milliseconds=5000)
    assert (seen.data, seen.symbology) == (CODE, "]d2")
    (seen,) = engines.zxing(label)
    assert (seen.data, seen.symbology) == (CODE, "]d2")


def _drawn_by_libdmtx(scheme: str) -> Image.Image:
    from bench import labels

    bare = labels._by_libdmtx(CODE, scheme)
    assert bare is not None
    return labels.enlarged(bare, 6)


def test_a_literal_separator_is_one_too() -> None:
    assert read(draw(MILK, symbology="]d1")) == [MILK]


def test_libdmtx_keeps_silent_about_what_it_would_misread() -> None:
    """Behind an ECI it tells the ECI's number as text; macros it drops."""
    for content in (b"46\xff7", "[)>\x1e05\x1dABC123\x1e\x04"):
        made = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
        label = Image.fromarray(made.to_image(scale=5)).convert("L")
        assert engines.libdmtx(label, most=1, milliseconds=2000) == []
        assert [one.data for one in engines.zxing(label)] == [made.bytes]


def test_libdmtx_reads_beyond_a_zero_byte() -> None:
    made = zxingcpp.create_barcode("ABC\0DEFGHIJKLMNOPQR", zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
    label = Image.fromarray(made.to_image(scale=5)).convert("L")
    assert plain_pylibdmtx(label, max_count=1, timeout=5000)[0].data == b"ABC"
    assert [one.data for one in engines.libdmtx(label, most=1, milliseconds=5000)] == [b"ABC\0DEFGHIJKLMNOPQR"]


# --- the ladder ---


@pytest.mark.parametrize("way", REQUIRED)
def test_spoilt_labels_are_read_and_never_wrongly(way: str) -> None:
    rng = Random(f"suite {way}")
    for _ in range(5):
        picture, codes = shot(way, rng)
        seen = look(Picture(picture, None, 1), clock=perf_counter, seconds=20).seen
        assert {one.data for one in seen} == codes


@pytest.mark.parametrize("way", ["perspective", "on a bottle", "ink jet dots", "inverted", "mirrored", "coloured"])
def test_the_world_is_read_too(way: str) -> None:
    picture, codes = shot(way, Random(f"suite {way}"))
    assert set(read(picture)) == codes


def test_what_zxing_alone_does_not_read_the_ladder_does() -> None:
    rng = Random("suite ladder")
    plain = ours = 0
    for _ in range(8):
        picture, codes = shot("noisy", rng)
        plain += {one.data for one in engines.zxing(picture)} == codes
        ours += set(read(picture)) == codes
    assert ours == 8
    assert plain < 8


def test_every_code_of_a_scene_is_told_from_the_top() -> None:
    picture, codes = several(Random("suite several"))
    seen = read_codes(png(picture), clock=perf_counter, seconds=20)
    assert {one.data for one in seen} == codes
    assert len(codes) > 2
    assert [one.corners[0][1] for one in seen] == sorted(one.corners[0][1] for one in seen)
    assert len(read(picture, most=2)) == 2


def test_ink_that_is_grey_to_the_eye_is_read_by_its_colour() -> None:
    label = ImageOps.colorize(draw(MILK), "#b03030", "#366e32")
    assert label.convert("L").getextrema()[1] - label.convert("L").getextrema()[0] < 3
    noisy = Image.merge("RGB", [grainy(band, Random(1), 8) for band in label.split()])
    (seen,) = read_codes(png(noisy), clock=perf_counter, seconds=20)
    assert (seen.data, seen.step.partition(",")[0]) == (MILK, "red")


def test_a_large_picture_is_looked_at_reduced_and_then_whole() -> None:
    counter = background(Random("suite large"), (3000, 2000)).filter(ImageFilter.GaussianBlur(1))
    counter.paste(draw(MILK, module=2, quiet=4), (2500, 1500))
    (seen,) = read_codes(png(counter), clock=perf_counter, seconds=60)
    assert seen.data == MILK
    assert all(2500 <= x <= 2560 and 1500 <= y <= 1560 for x, y in seen.corners)


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_corners_go_clockwise_from_the_symbols_own(angle: int) -> None:
    label = draw(MILK, module=5, quiet=4)
    near, far = 20, label.width - 20
    square = [(near, near), (far, near), (far, far), (near, far)]
    (seen,) = read_codes(png(label.rotate(angle, expand=True)), clock=perf_counter)
    turned = square[-(angle // 90) % 4 :] + square[: -(angle // 90) % 4]
    assert all(abs(x - u) <= 2 and abs(y - v) <= 2 for (x, y), (u, v) in zip(seen.corners, turned, strict=True))


def test_both_engines_agree_where_a_symbol_lies() -> None:
    label = draw(MILK, module=5, quiet=4).rotate(20, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    (one,), (other,) = engines.zxing(label), engines.libdmtx(label, most=1, milliseconds=5000)
    assert all(abs(x - u) <= 3 and abs(y - v) <= 3 for (x, y), (u, v) in zip(one.corners, other.corners, strict=True))


@pytest.mark.parametrize(
    ("data", "symbology"), [(EAN, "]E0"), (b"46198488", "]E4"), (b"14601234567890", "]I1"), (MILK, "]Q3")]
)
def test_other_codes_are_read_where_there_is_no_datamatrix(data: bytes, symbology: str) -> None:
    (seen,) = read_codes(png(draw(data, symbology=symbology, module=3)), clock=perf_counter, seconds=20)
    assert (seen.data, seen.symbology) == (data, symbology)


def test_an_empty_counter_has_no_codes() -> None:
    found = look(Picture(background(Random(3), (320, 240)), None, 1), clock=perf_counter, seconds=20)
    assert found == Look(seen=())


def test_it_stops_when_its_time_is_up() -> None:
    moments = iter([0.0, 0.1, 5.0, 5.0, 5.0])
    found = look(Picture(Image.new("L", (64, 64), 255), None, 1), clock=lambda: next(moments), seconds=2)
    assert found == Look(seen=(), in_time=False)


def test_a_file_is_read_and_a_missing_one_told(tmp_path: Path) -> None:
    draw(MILK).save(tmp_path / "milk.png")
    assert [one.data for one in read_codes(tmp_path / "milk.png", clock=perf_counter)] == [MILK]
    with pytest.raises(PictureError, match="No such file"):
        read_codes(tmp_path / "none.png", clock=perf_counter)


# --- doubts ---

HERE: Corners = ((0, 0), (100, 0), (100, 100), (0, 100))
NEAR: Corners = ((2, 1), (103, 0), (101, 99), (1, 100))
SLANTING: Corners = ((0, 100), (100, 0), (200, 100), (100, 200))
IN_ITS_CORNER: Corners = ((2, 2), (30, 2), (30, 30), (2, 30))
THERE: Corners = ((300, 0), (400, 0), (400, 100), (300, 100))


def sight(data: bytes = MILK, *, engine: str = ZXING, corners: Corners = HERE, sure: bool = True) -> Sight:
    return Sight(data=data, symbology="]d2", engine=engine, corners=corners, sure=sure)


@pytest.mark.parametrize(
    ("sights", "kept", "contradicted", "doubtful"),
    [
        ([("a", sight())], [MILK], 0, False),
        ([("a", sight()), ("b", sight(engine=LIBDMTX, corners=NEAR))], [MILK], 0, False),
        # two engines differ: neither is believed
        ([("a", sight()), ("b", sight(OTHER, engine=LIBDMTX, corners=NEAR))], [], 1, False),
        ([("a", sight()), ("b", sight(OTHER, corners=NEAR))], [], 1, False),
        ([("a", sight(sure=False)), ("b", sight(OTHER, corners=NEAR, sure=False))], [], 1, False),
        ([("a", sight()), ("b", sight(OTHER, engine=LIBDMTX, corners=NEAR, sure=False))], [], 1, False),
        # not sure: heard twice or not at all
        ([("a", sight(sure=False))], [], 0, True),
        ([("a", sight(sure=False)), ("a", sight(sure=False, corners=NEAR))], [], 0, True),
        ([("a", sight(sure=False)), ("b", sight(sure=False, corners=NEAR))], [MILK], 0, False),
        ([("a", sight(sure=False)), ("a", sight(sure=False, engine=LIBDMTX))], [MILK], 0, False),
        # a sure reading outweighs its own engine's doubtful one
        ([("a", sight(OTHER, sure=False)), ("b", sight(corners=NEAR))], [MILK], 0, False),
        # elsewhere is another code, or the same once more
        ([("a", sight()), ("a", sight(OTHER, corners=THERE))], [MILK, OTHER], 0, False),
        ([("a", sight()), ("a", sight(corners=THERE))], [MILK], 0, False),
        ([("a", sight()), ("b", sight(OTHER, corners=NEAR)), ("a", sight(EAN, corners=THERE))], [EAN], 1, False),
        # beside a slanting symbol, though within its upright box
        ([("a", sight(corners=SLANTING)), ("a", sight(OTHER, corners=IN_ITS_CORNER))], [MILK, OTHER], 0, False),
    ],
)
def test_verdicts(sights: list[tuple[str, Sight]], kept: list[bytes], contradicted: int, *, doubtful: bool) -> None:
    for given in (sights, sights[::-1]):
        readings = Readings()
        for one in given:
            readings.add(*one)
        verdict = readings.verdict()
        assert {seen.data for seen in verdict.kept} == set(kept)
        assert (len(verdict.contradicted), bool(verdict.doubtful)) == (contradicted, doubtful)


def test_every_reading_is_compared_with_the_others_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is asked what they come to: a picture may hold hundreds."""
    compared: list[object] = []
    monkeypatch.setattr(verdict_module, "_overlap", lambda *two: compared.append(two))
    readings = Readings()
    for at in range(60):
        readings.add("a", sight(b"%d" % at))
        assert len(readings.verdict().kept) == at + 1
    assert len(compared) == 60 * 59 / 2


def test_a_reading_near_the_end_of_its_correction_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def once(image: Image.Image, **options: object) -> list[Sight]:
        asked.append("zxing")
        return [sight(sure=False)] if len(asked) == 1 else []

    def second(image: Image.Image, **options: object) -> list[Sight]:
        asked.append("libdmtx")
        return [sight(OTHER, engine=LIBDMTX)]

    monkeypatch.setattr(engines, "zxing", once)
    monkeypatch.setattr(engines, "libdmtx", second)
    found = look(Picture(Image.new("L", (120, 120)), None, 1), clock=perf_counter, seconds=20)
    assert found == Look(seen=(), contradicted=1)
    assert "libdmtx" in asked


def test_symbols_that_chance_makes_are_never_sure() -> None:
    small = zxingcpp.create_barcode("AB", zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
    (seen,) = engines.zxing(Image.fromarray(small.to_image(scale=5)).convert("L"))
    assert not seen.sure
    (seen,) = engines.zxing(draw(EAN, module=3), others=True)
    assert not seen.sure
    (seen,) = engines.zxing(draw(MILK))
    assert seen.sure


# --- libraries that are not there ---


def gone(name: str) -> Callable[[], object]:
    def load_it() -> object:
        raise ImportError(f"{name} is gone")

    return load_it


def test_without_zxing_libdmtx_reads_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_zxing", gone("zxing"))
    assert engines.missing() == {ZXING: "zxing is gone"}
    (seen,) = read_codes(png(draw(MILK)), clock=perf_counter, seconds=20)
    assert (seen.data, seen.engine) == (MILK, LIBDMTX)


def test_without_libdmtx_zxing_reads_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_libdmtx", gone("libdmtx"))
    assert engines.missing() == {LIBDMTX: "libdmtx is gone"}
    assert read(draw(MILK)) == [MILK]
    assert read(Image.new("L", (80, 80), 255)) == []


def test_without_both_it_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_zxing", gone("zxing"))
    monkeypatch.setattr(engines, "_libdmtx", gone("libdmtx"))
    with pytest.raises(RequestError, match="zxing is gone") as told:
        look(load(png(draw(MILK))), clock=perf_counter)
    assert (told.value.code, "zxing-cpp" in told.value.hint) == ("picture_engines_missing", True)


def test_as_installed_both_engines_are_there() -> None:
    assert engines.missing() == {}
