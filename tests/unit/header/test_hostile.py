"""The collection of damaged and malicious files that may lie beside the repository."""

import json
from pathlib import Path

import pytest

from serverless_dicom import errors
from tests.bounded import SECONDS, Answer, read_bounded

HOSTILE = Path(__file__).parents[4] / "shared" / "hostile"
FILES = sorted((HOSTILE / "files").glob("*"))
CODES = {
    kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.RejectedObject)
}

pytestmark = pytest.mark.skipif(not FILES, reason="the collection ../shared/hostile is not there")

REFUSED = {
    "deflate_bomb_elements.dcm": "header_too_large",
    "dicomdir_traversal": "dicomdir",
    "element_len_4g.dcm": "truncated_header",
    "empty_items_200k.dcm": "header_too_large",
    "magic_only.dcm": "not_dicom",
    "nest_10000_undefined.dcm": "nested_too_deep",
    "ob_undefined_nonpixel.dcm": "malformed_header",
    "random_after_magic.dcm": "not_dicom",
    "real_fodicom_GH177.dcm": "malformed_header",
    "real_orthanc_deeply_nested.dcm": "nested_too_deep",
    "truncated_mid_element.dcm": "truncated_header",
    "ts_bogus.dcm": "invalid_transfer_syntax",
}
"""The others attack who decodes their pixels, or keeps their values: their headers are sound."""


@pytest.fixture(scope="module")
def answers() -> dict[str, Answer]:
    return read_bounded(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_is_answered_or_refused_in_bounds(answers: dict[str, Answer], path: Path) -> None:
    answer = answers.get(path.name)

    assert answer, "the process that read it ended"
    assert answer.escaped is None
    assert answer.code == REFUSED.get(path.name)
    assert answer.code is None or answer.code in CODES
    assert answer.seconds < SECONDS


def test_every_file_of_the_manifest_was_read(answers: dict[str, Answer]) -> None:
    assert {entry["name"] for entry in json.loads((HOSTILE / "manifest.json").read_text())} <= set(answers)
