"""Text in the pixels: what tells of a person is told, and markers are not."""

import pytest

from serverless_dicom.analysis.burned_in import burned_in, warnings_of
from serverless_dicom.analysis.findings import Box, Line
from serverless_dicom.analysis.identifiers import Identifier, Identity
from serverless_dicom.analysis.markers import is_marker

NOBODY = Identity(())
SOMEBODY = Identity(
    (
        Identifier("PatientName", "name", "Zzyzx^Quentin"),
        Identifier("PatientID", "number", "PAT-4711"),
        Identifier("PatientBirthDate", "date", "19010203"),
    )
)
MARKERS = [
    *("L", "R", "A", "P", "H", "F", "AP", "PA", "LAT", "SUPINE", "ERECT", "PORTABLE", "[L]", "R->L", "(R)"),
    *(
        "120 kV",
        "120kV",
        "250 mA",
        "5.0 mm",
        "10cm",
        "W 400 C 40",
        "W:400 L:40",
        "IM 5",
        "Im: 12/34",
        "SE 3",
        "Se:2 Im:5",
    ),
    *(
        "Zoom 120%",
        "TR: 500.0 TE: 12",
        "0.5",
        "-10.5",
        "FOV 25.0 cm",
        "T1 SE",
        "20",
        "10:22:33",
        "HFS",
        "L CC",
        "R MLO",
    ),
    "NOT FOR DIAGNOSTIC USE",
]


def line(text: str, left: float = 0.1, top: float = 0.1, width: float = 0.1) -> Line:
    return Line(text, 99.0, Box(left, top, width, 0.03))


def matches(*texts: str, identity: Identity = NOBODY) -> list[tuple[str, ...]]:
    """The matches of lines far from each other."""
    lines = [line(text, top=0.2 * place) for place, text in enumerate(texts)]
    return [one.matches for one in burned_in(lines, identity)]


def test_each_line_names_all_that_it_holds() -> None:
    assert matches("ZZYZX QUENTIN 03.02.1901", "L", "PAT 4711", identity=SOMEBODY) == [
        ("PatientName", "PatientBirthDate"),
        ("PatientID",),
    ]


@pytest.mark.parametrize("text", MARKERS)
def test_a_marker_is_nothing(text: str) -> None:
    assert matches(text, identity=SOMEBODY) == []
    assert is_marker(text)
    assert warnings_of([line(text)], (), SOMEBODY) == []


@pytest.mark.parametrize("text", ["PATIENT X", "ZZYZX", "4711-22-OK", "Smith", "Hospital"])
def test_other_text_is_no_marker(text: str) -> None:
    assert is_marker(text) == (text == "PATIENT X")


@pytest.mark.parametrize(
    ("text", "look"),
    [
        *((text, "looks like a date") for text in ("12.10.2003 15:22", "DOB 01/31/1970", "Geb.: 1970", "24-MAY-02")),
        *((text, "looks like an id") for text in ("ID: 4711", "MRN 123456", "MRN: A12345", "Patient ID: X-99")),
        *(
            (text, "looks like an id")
            for text in ("Acc: 123456", "123-45-6789", "Pat.Nr.: 12345", "Accession No: 77001")
        ),
        *((text, "looks like a name") for text in ("Name: John Smith", "Patient: SMITH", "SMITH^JOHN", "Smith, John")),
        *((text, "looks like a name") for text in ("Dr. Brown", "PATIENT NAME: DOE JANE", "Ref. Phys.: Brown")),
        ("HOPITAL CARDIO LYON", "looks like an institution"),
    ],
)
def test_what_looks_personal_is_told_though_the_header_was_cleaned(text: str, look: str) -> None:
    assert matches(text) == [(look,)]


@pytest.mark.parametrize(
    "text",
    [
        *("Patient Position: HFS", "CHEST, PORTABLE", "AXIAL, CONTRAST", "ID", "Name:", "Series: 3", "Image: 3/20"),
        *("R 12.5, A 3.0", "1,2,3", "Adult Echo", "Asc Ao Diam 3.3 cm", "SMPTE TEST PATTERN", "Gen OB", "HOSPITAL"),
        *("2:56:22 PM", "Operator: JK", "ID: AB", "MB 1.2", "PALETTE COLOR", "Patient: L"),
    ],
)
def test_other_text_is_not(text: str) -> None:
    assert matches(text) == []


@pytest.mark.parametrize(
    ("label", "value", "look"),
    [
        ("Name:", "SMITH JOHN", "looks like a name"),
        ("ID", "345612", "looks like an id"),
        ("DOB:", "1970", "looks like a date"),
    ],
)
def test_a_value_is_known_by_the_label_before_or_above_it(label: str, value: str, look: str) -> None:
    beside = [line(label), line(value, left=0.25), line("PORTABLE", left=0.8)]
    below = [line(label), line(value, top=0.135), line("PORTABLE", top=0.6)]
    far = [line(label), line(value, left=0.7), line(value, top=0.9)]

    for lines in (beside, below):
        assert [(one.line.text, one.matches) for one in burned_in(lines, NOBODY)] == [(value, (look,))]
    assert burned_in(far, NOBODY) == ()


def test_a_label_beside_a_marker_or_alone_says_nothing() -> None:
    assert burned_in([line("Patient:"), line("SUPINE", left=0.25)], NOBODY) == ()
    assert burned_in([line("ID:")], NOBODY) == ()


def test_the_warnings_say_what_is_the_matter() -> None:
    lines = [line("ZZYZX"), line("L"), line("Adult Echo", top=0.5)]
    said = Identity(SOMEBODY.identifiers, "YES", "NO")

    told = warnings_of(lines, burned_in(lines, said), said)

    assert told[0].startswith("patient data may be in the pixels: 1 line of text in the picture tells of a person")
    assert "BurnedInAnnotation NO" in told[1]
    assert "PatientIdentityRemoved YES" in told[2]
    assert told[3].startswith("there is 1 other line of text in the picture")
    assert "ZZYZX" not in str(told)


def test_a_header_that_tells_of_text_that_nobody_found_is_believed() -> None:
    (told,) = warnings_of([], (), Identity((), "", "YES"))

    assert "BurnedInAnnotation YES" in told
