"""The collection of damaged and malicious files that may lie beside the repository."""

import json
from pathlib import Path

import pytest

from serverless_dicom import errors
from tests.drawing import MEMORY, SECONDS, Answer, draw_bounded

HOSTILE = Path(__file__).parents[4] / "shared" / "hostile"
FILES = sorted((HOSTILE / "files").glob("*"))
CODES = {
    kind.code
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.RejectedObject | errors.CannotRender)
}

pytestmark = pytest.mark.skipif(not FILES, reason="the collection ../shared/hostile is not there")


@pytest.fixture(scope="module")
def answers() -> dict[str, Answer]:
    return draw_bounded(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_is_drawn_or_refused_in_bounds(answers: dict[str, Answer], path: Path) -> None:
    answer = answers.get(path.name)

    assert answer, "the process that drew it ended"
    assert answer.escaped is None
    assert answer.size or answer.code in CODES
    assert answer.seconds < SECONDS
    assert answer.memory < MEMORY


def test_every_file_of_the_manifest_was_tried(answers: dict[str, Answer]) -> None:
    assert {entry["name"] for entry in json.loads((HOSTILE / "manifest.json").read_text())} <= set(answers)
