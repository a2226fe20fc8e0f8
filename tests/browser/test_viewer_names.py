"""The names that the page has of elements, UIDs and pictures' tags are those of pydicom's dictionary."""

from __future__ import annotations

import re
import runpy

from pydicom.datadict import dictionary_VR, tag_for_keyword

from tests.browser.conftest import FRONTEND

WORKER = FRONTEND / "src/worker"


def test_the_tables_are_what_their_generator_writes() -> None:
    generate = runpy.run_path(str(WORKER / "names/generate.py"))
    for name in ("elements", "uids"):
        written = (WORKER / f"names/{name}.txt").read_text("utf-8")
        assert written == generate[name](), f"out of date: .venv/bin/python {WORKER / 'names/generate.py'}"


def test_the_tags_of_the_picture_have_their_keywords_and_vrs() -> None:
    lines = re.findall(
        r"^  (\w+): \[0x([0-9a-f]{8}), \"(.+)\"\],$", (WORKER / "tags.js").read_text("utf-8"), re.MULTILINE
    )
    assert len(lines) > 50
    for keyword, tag, vr in lines:
        assert tag_for_keyword(keyword) == int(tag, 16), keyword
        assert dictionary_VR(int(tag, 16)).split(" or ")[-1] in vr or vr in dictionary_VR(int(tag, 16)), keyword
