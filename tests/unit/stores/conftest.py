"""Jobs for the tests of stores."""

import pytest

from serverless_dicom.stores.jobs import Jobs
from tests.jobs import Clock, jobs_of
from tests.stack import Stack


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(stack: Stack, clock: Clock) -> Jobs:
    return jobs_of(stack, clock)
