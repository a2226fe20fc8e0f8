"""Draw files in a process of its own, which may take so much memory and no more, and see what each took."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.bounded import answers_of

MEMORY = 512 * 1024 * 1024
SECONDS = 10.0

_PROGRAM = """
import json, resource, sys, time
from serverless_dicom.errors import ServerlessDicomError
from serverless_dicom.header.ranges import FileRanges
from serverless_dicom.image import RenderOptions, open_image, render
from serverless_dicom.runtime.apart import apart

def most():
    # Not ru_maxrss of itself: that of whoever started it is in it.
    status = dict(line.split(":") for line in open("/proc/self/status").read().splitlines())
    own = int(status["VmHWM"].split()[0])
    return 1024 * max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)

for path in sys.stdin.read().splitlines():
    began = time.monotonic()
    try:
        with open(path, "rb") as file:
            frame = open_image(FileRanges.of(file)).frame(1, overlays=True)
            picture = apart(render, frame, RenderOptions(overlays=True, explain=True))
        answer = {"size": [picture.width, picture.height]}
    except ServerlessDicomError as error:
        answer = {"code": error.code, "message": str(error)}
    except BaseException as error:
        answer = {"escaped": type(error).__name__}
    answer["seconds"] = time.monotonic() - began
    answer["memory"] = most()
    print(json.dumps(answer), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a file: a picture's size or an error's code; `escaped` names what no caller is prepared for.

    `memory` is the most, in bytes, that the process or one of its children has taken up to then.
    """

    seconds: float
    memory: int
    size: list[int] | None = None
    code: str | None = None
    message: str | None = None
    escaped: str | None = None


def draw_bounded(paths: Iterable[Path]) -> dict[str, Answer]:
    """The answers by the files' names; a file at which the process ended has none. Seconds are of the wall clock."""
    return {name: Answer(**answer) for name, answer in answers_of(_PROGRAM, paths)}
