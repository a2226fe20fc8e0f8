"""The document of results: what was seen, of bounded size, ready for JSON and for a row."""

from serverless_dicom.analysis.findings import Box, Instance, Label, Labels, Line, Lines
from serverless_dicom.analysis.results import results_of
from tests.uploads import dicom_of, encoded, gradient, looked_at

BOX = Box(0.1, 0.2, 0.25, 0.125)
X_RAY = Label("X-Ray", 98.71549987792969, ("Medical Imaging",), ("Health",), (Instance(55.5, BOX),))
JPEG = looked_at(encoded(gradient(), "jpeg"))
DICOM = looked_at(dicom_of(gradient(), BurnedInAnnotation="NO"))


def test_a_picture_is_told_with_its_labels_and_text() -> None:
    text = Lines((Line("ZZYZX QUENTIN", 99.5, BOX),), "3.0")

    assert results_of(JPEG, Labels((X_RAY,), "3.1"), text) == {
        "kind": "jpeg",
        "width": 120,
        "height": 100,
        "labels": [
            {
                "name": "X-Ray",
                "confidence": 98.71549987792969,
                "parents": ["Medical Imaging"],
                "categories": ["Health"],
                "instances": [{"confidence": 55.5, "box": {"left": 0.1, "top": 0.2, "width": 0.25, "height": 0.125}}],
            }
        ],
        "labelModelVersion": "3.1",
        "text": [
            {
                "text": "ZZYZX QUENTIN",
                "confidence": 99.5,
                "box": {"left": 0.1, "top": 0.2, "width": 0.25, "height": 0.125},
            }
        ],
        "textModelVersion": "3.0",
        "burnedInText": [],
        "warnings": [],
        "notice": "not a diagnosis: labels and text were found by a program that knows everyday pictures, not medicine",
    }


def test_of_a_dicom_object_what_is_burned_in_is_told_with_its_box() -> None:
    lines = (Line("ZZYZX QUENTIN", 99.5, BOX), Line("L", 99.0, BOX), Line("Adult Echo", 90.0, BOX))

    results = results_of(DICOM, Labels((), ""), Lines(lines, ""))

    assert [(one["text"], one["matches"]) for one in results["burnedInText"]] == [("ZZYZX QUENTIN", ["PatientName"])]
    assert results["burnedInText"][0]["box"] == results["text"][0]["box"]
    assert [warning.split(":")[0] for warning in results["warnings"][:2]] == [
        "patient data may be in the pixels",
        "the header says that nothing is burned in (BurnedInAnnotation NO)",
    ]


def test_nothing_is_a_result_too() -> None:
    results = results_of(DICOM, Labels((), ""), Lines((), ""))

    assert (results["labels"], results["text"], results["burnedInText"], results["warnings"]) == ([], [], [], [])


def test_however_much_was_seen_it_fits_into_a_row_and_says_what_was_cut() -> None:
    label = Label("n" * 999, 98.71549987792969, ("山" * 999,) * 99, ("山" * 999,) * 99, (Instance(55.5, BOX),) * 50)
    line = Line("Name: " + "山" * 9_999, 99.0, BOX)

    results = results_of(DICOM, Labels((label,) * 1_000, "3"), Lines((line,) * 1_000, "3"))

    assert size_of(results) < 399 * 1024
    assert [len(results[name]) for name in ("labels", "text", "burnedInText")] == [100, 100, 100]
    assert {
        "of 1000 labels the first 100 are kept",
        "of 5000 boxes of labels the first 250 are kept",
        "of 1000 lines of text the first 100 are kept",
    } <= set(results["warnings"])


def size_of(value: object) -> int:
    """Bytes of a value in DynamoDB's count: 3 and 1 an entry for a map or list, 21 at most for a number."""
    if isinstance(value, dict):
        return 3 + sum(1 + len(name) + size_of(one) for name, one in value.items())
    if isinstance(value, list):
        return 3 + sum(1 + size_of(one) for one in value)
    return len(value.encode()) if isinstance(value, str) else 21
