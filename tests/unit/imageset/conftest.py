"""A HealthImaging in this process, empty for each test."""

from collections.abc import Iterator

import pytest

from local.healthimaging import running
from tests.roundtrip import Archive


@pytest.fixture(scope="module")
def shared_archive() -> Iterator[Archive]:
    with running() as imaging:
        yield Archive(imaging)


@pytest.fixture
def archive(shared_archive: Archive) -> Iterator[Archive]:
    yield shared_archive
    shared_archive.emptied()
