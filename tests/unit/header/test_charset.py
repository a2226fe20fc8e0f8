"""Text in every character set of PS3.3 C.12.1.1.2, with the examples of PS3.5 H to K."""

from typing import Any

import pytest

from tests.datasets import element, item, raw_file, read, sequence

PATIENT_NAME, CHARACTER_SET = 0x00100010, 0x00080005


def decoded(terms: str, raw: bytes, tag: int = PATIENT_NAME, vr: str = "PN") -> Any:
    header = read(raw_file(element(CHARACTER_SET, "CS", terms.encode()) + element(tag, vr, raw)))
    return header.model[f"{tag:08X}"].get("Value")


@pytest.mark.parametrize(
    ("term", "codec", "text"),
    [
        ("ISO_IR 100", "latin-1", "Äneas^Rüdiger"),
        ("ISO_IR 101", "iso8859-2", "Wałęsa^Łukasz"),
        ("ISO_IR 109", "iso8859-3", "Ĝosejo^Ĥoro"),
        ("ISO_IR 110", "iso8859-4", "Ģirts^Ķēniņš"),
        ("ISO_IR 144", "iso8859-5", "Люксембург"),
        ("ISO_IR 127", "iso8859-6", "قباني^لنزار"),
        ("ISO_IR 126", "iso8859-7", "Διονυσιος"),
        ("ISO_IR 138", "iso8859-8", "שרון^דבורה"),
        ("ISO_IR 148", "iso8859-9", "Çavuşoğlu^Şükrü"),
        ("ISO_IR 203", "iso8859-15", "Œuvrard^Žoë"),
        ("ISO_IR 166", "tis-620", "สมชาย^ใจดี"),
        ("ISO_IR 13", "shift_jis", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
        ("ISO_IR 192", "utf-8", "Wang^XiaoDong=王^小东"),
        ("GB18030", "gb18030", "Wang^XiaoDong=王^小东"),
        ("GBK", "gbk", "Wang^XiaoDong=王^小东"),
        ("", "ascii", "Plain^Name"),
    ],
)
def test_sets_without_code_extensions(term: str, codec: str, text: str) -> None:
    groups = dict(zip(("Alphabetic", "Ideographic"), text.split("="), strict=False))

    assert decoded(term, text.encode(codec)) == [groups]


@pytest.mark.parametrize(
    ("terms", "raw", "groups"),
    [
        (
            "\\ISO 2022 IR 87",
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
            ("Yamada^Tarou", "山田^太郎", "やまだ^たろう"),
        ),
        (
            "ISO 2022 IR 13\\ISO 2022 IR 87",
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
            ("ﾔﾏﾀﾞ^ﾀﾛｳ", "山田^太郎", "やまだ^たろう"),
        ),
        (
            "\\ISO 2022 IR 149",
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
            ("Hong^Gildong", "洪^吉洞", "홍^길동"),
        ),
        (
            "\\ISO 2022 IR 58",
            b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
            ("Zhang^XiaoDong", "张^小东"),
        ),
    ],
    ids=["H.3.1 Japanese", "H.3.2 Japanese", "I.2 Korean", "K.2 Chinese"],
)
def test_person_names_with_code_extensions(terms: str, raw: bytes, groups: tuple[str, ...]) -> None:
    names = ("Alphabetic", "Ideographic", "Phonetic")

    assert decoded(terms, raw) == [dict(zip(names, groups, strict=False))]


@pytest.mark.parametrize(
    ("terms", "raw", "text"),
    [
        ("ISO 2022 IR 100\\ISO 2022 IR 126", b"B\xf6hm \x1b-F\xc4\xe9\xef\xed \x1b-AB\xf6hm", "Böhm Διον Böhm"),
        ("ISO 2022 IR 6\\ISO 2022 IR 144", b"Lux \x1b-L\xbb\xee\xda", "Lux Люк"),
        ("ISO 2022 IR 6\\ISO 2022 IR 203", b"Z \x1b-b\xbc", "Z Œ"),
        ("\\ISO 2022 IR 159", b"\x1b$(D\x30\x21\x1b(B", "丂"),
        ("\\ISO 2022 IR 87", b"\x1b$B=\\\x1b(B", "旬"),
    ],
    ids=["Latin 1 and Greek", "Cyrillic", "Latin 9", "JIS X 0212", "a kanji with the byte of a backslash"],
)
def test_other_text_with_code_extensions(terms: str, raw: bytes, text: str) -> None:
    assert decoded(terms, raw, 0x00081030, "LO") == [text]


def test_an_extension_ends_with_its_value() -> None:
    raw = b"\x1b-F\xc4\\\xe9"

    assert decoded("ISO 2022 IR 100\\ISO 2022 IR 126", raw, 0x00081030, "LO") == ["Δ", "é"]


def test_a_character_whose_second_byte_is_a_backslash_is_one_character() -> None:
    assert decoded("GB18030", "誠".encode("gb18030"), 0x00081030, "LO") == ["誠"]
    assert "誠\\b".encode("gb18030").count(b"\\") == 2
    assert decoded("GB18030", "誠\\b".encode("gb18030"), 0x00081030, "LO") == ["誠", "b"]


@pytest.mark.parametrize(
    "term", ["ISO_IR 999", "foo", "idna", "punycode", "unicode_escape", "utf_16", "hex", "\xff", "  "]
)
def test_an_unknown_set_is_read_as_latin_1_and_harms_nothing(term: str) -> None:
    header = read(
        raw_file(
            element(CHARACTER_SET, "CS", term.encode("latin-1").ljust(len(term) + len(term) % 2))
            + element(PATIENT_NAME, "PN", "Müller^A\\u0041".encode("latin-1"))
        )
    )

    assert header.record["PatientName"] == ["Müller^A", "u0041"]


@pytest.mark.parametrize("raw", [b"A\x1b", b"A\x1b$", b"A\x1b$B;", b"\x1b\x1b\x1b", b"A\x1b$)Z\xff"])
def test_an_escape_that_leads_nowhere_is_kept_beside_the_text(raw: bytes) -> None:
    file = raw_file(element(CHARACTER_SET, "CS", b"\\ISO 2022 IR 87") + element(0x00081030, "LO", raw))
    header = read(file)

    assert "\x1b" not in header.record["StudyDescription"]
    assert [note.raw for note in header.notes] == [raw]


def test_items_inherit_the_set_of_what_is_around_them_or_have_their_own() -> None:
    cyrillic, latin = "Люк".encode("iso8859-5"), "Böhm".encode("latin-1")
    own = element(CHARACTER_SET, "CS", b"ISO_IR 100")
    inner = sequence(
        0x00081140, item(element(PATIENT_NAME, "PN", cyrillic)) + item(own + element(PATIENT_NAME, "PN", latin))
    )
    deep = sequence(0x00081140, item(own + sequence(0x00081140, item(element(PATIENT_NAME, "PN", latin)))))
    for nested in (inner, sequence(0x00081115, item(inner), undefined=True)):
        file = raw_file(element(CHARACTER_SET, "CS", b"ISO_IR 144") + nested + element(PATIENT_NAME, "PN", cyrillic))
        text = str(read(file).model)
        assert (text.count("Люк"), text.count("Böhm")) == (2, 1)
    model = read(raw_file(element(CHARACTER_SET, "CS", b"ISO_IR 144") + deep)).model
    assert "Böhm" in str(model)


def test_dates_numbers_codes_and_uids_are_never_in_the_set() -> None:
    file = raw_file(element(CHARACTER_SET, "CS", b"ISO_IR 192") + element(0x00080060, "CS", b"\xc3\xbc"))

    assert read(file).record["Modality"] == "Ã¼"
