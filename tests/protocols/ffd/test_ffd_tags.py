"""The tag table: numbers, kinds and presence marks against facts of the FNS tables (order ЕД-7-20/662@, 2026 state)."""

import pytest

from protocols.ffd.enums import FfdVersion
from protocols.ffd.numbers import T
from protocols.ffd.tags import BY_NAME, TAGS, Kind, Presence, name_of, presence

V105, V11, V12 = FfdVersion.V1_05, FfdVersion.V1_1, FfdVersion.V1_2


def mandatory(document, ffd, parent=None):
    marks = presence(document, ffd, parent)
    return {int(tag) for tag, mark in marks.items() if mark is Presence.MANDATORY}


def numbers(text):
    return {int(word) for word in text.split()}


def test_named_numbers_are_those_of_the_table():
    assert {member.name: member.value for member in T} == {tag.name.upper(): tag.number for tag in TAGS.values()}


def test_every_tag_of_the_tables_is_there():
    assert len(TAGS) == 301
    assert len(BY_NAME) == 301
    assert {81, 82, 83, 84, 1000, 1115, 1119, 1120, 1234, 1238, 1290, 1325, 2000, 2116} <= TAGS.keys()


@pytest.mark.parametrize(
    ("number", "name", "kind", "fixed", "max_len", "repeats"),
    [
        (1012, "date_time", Kind.UNIXTIME, True, 4, False),
        (1018, "user_inn", Kind.STRING, True, 12, False),
        (1023, "quantity", Kind.FVLN, False, 8, False),
        (1030, "item_name", Kind.STRING, False, 128, False),
        (1059, "item", Kind.STLV, False, 1024, True),
        (1077, "fiscal_sign", Kind.BYTES, True, 6, False),
        (1205, "kkt_change_reasons", Kind.BITS, True, 4, False),
        (1213, "fn_validity_days", Kind.U16, True, 2, False),
        (1234, "electronic_payments", Kind.STLV, False, None, False),
        (2107, "marked_items_check_result", Kind.BYTE, True, 1, False),
    ],
)
def test_rows(number, name, kind, fixed, max_len, repeats):
    tag = TAGS[number]
    assert (tag.name, tag.kind, tag.fixed, tag.max_len, tag.repeats) == (name, kind, fixed, max_len, repeats)


@pytest.mark.parametrize(
    ("document", "ffd", "tags"),
    [
        (
            1,
            V12,
            "1001 1002 1009 1012 1013 1018 1021 1037 1040 1041 1048 1056 1077 1187 1188 1189 1190 1205 1209 1213 1290",
        ),
        (2, V105, "1012 1018 1037 1038 1040 1041 1077 1188 1189 1209"),
        (3, V105, "1012 1020 1031 1037 1038 1040 1041 1042 1054 1055 1059 1077 1081 1209 1215 1216 1217"),
        (3, V12, "1009 1012 1020 1031 1037 1038 1040 1041 1042 1054 1055 1059 1077 1081 1209 1215 1216 1217"),
        (31, V105, "1012 1020 1031 1037 1038 1040 1041 1042 1054 1055 1077 1081 1174 1209 1215 1216 1217"),
        (5, V12, "1012 1018 1037 1038 1040 1041 1077 1111 1118 1157 1209 1213"),
        (7, V11, "1012 1017 1040 1041 1078"),
        (83, V12, "2001 2105 2114"),
    ],
)
def test_mandatory_tags_of_a_document(document, ffd, tags):
    assert mandatory(document, ffd) == numbers(tags) - ({1205} if document == 1 else set())


@pytest.mark.parametrize(
    ("document", "parent", "ffd", "tags"),
    [
        (3, 1059, V105, "1023 1030 1043 1079"),
        (3, 1059, V11, "1023 1030 1043 1079 1212 1214"),
        (31, 1059, V12, "1023 1043 1079 1212 1214 2108"),
        (82, 2007, V12, "1030 1043 1079 1199 1200 1214 2000 2100 2101 2102 2106 2110 2115"),
        (3, 1291, V12, "1293 1294"),
        (3, 1235, V12, "1082 1236 1237"),
        (7, 1068, V105, "1022"),
        (82, 1059, V12, ""),
    ],
)
def test_mandatory_tags_inside_another(document, parent, ffd, tags):
    assert mandatory(document, ffd, parent) == numbers(tags)


def test_presence_tells_electronic_from_printed():
    assert 1196 not in presence(3, V12)
    assert presence(3, V12, printed=True)[1196] is Presence.MANDATORY
    assert presence(3, V105)[1057] is Presence.CONDITIONAL
    assert 1057 not in presence(3, V12)


def test_a_retired_tag_is_in_no_document():
    assert TAGS[1003].retired
    assert not TAGS[1021].retired
    for document in (1, 11, 2, 21, 3, 31, 4, 41, 5, 6, 7):
        assert 1003 not in presence(document, V105)


def test_names():
    assert name_of(1059) == "item"
    assert name_of(4242) == "4242"
