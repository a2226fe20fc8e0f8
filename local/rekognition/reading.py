"""The text in a picture, read by the OCR of the wheel `rapidocr`, whose models are inside it: nothing is fetched."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from local.rekognition.pictures import Picture, Pixels

if TYPE_CHECKING:
    from rapidocr import RapidOCR

THREADS = 2
"""Of the OCR; more pictures at once would not be read sooner."""

KEPT = 128
"""Pictures whose text is remembered: DetectLabels and DetectText are asked of the same ones."""

MOST_ELONGATED = 4
"""Times the shorter side that the OCR is shown of the longer one."""

Corners = npt.NDArray[np.float64]
"""Four points from the text's upper left on, clockwise: x and y as fractions of the picture's width and height."""


@dataclass(frozen=True, slots=True)
class Word:
    """Letters between two spaces; `confidence` from 0 to 1."""

    text: str
    confidence: float
    corners: Corners


@dataclass(frozen=True, slots=True)
class Line:
    """Words that stand in a row; `confidence` from 0 to 1."""

    text: str
    confidence: float
    corners: Corners
    words: tuple[Word, ...]


class Reader:
    """The OCR, one picture at a time, with what it read of the last ones."""

    def __init__(self) -> None:
        """Load nothing yet: the models take about two seconds."""
        self._lock = threading.Lock()
        self._engine: RapidOCR | None = None
        self._read: OrderedDict[str, tuple[Line, ...]] = OrderedDict()

    def load(self) -> None:
        """Load the models, if they are not there."""
        with self._lock:
            self._loaded()

    def read(self, picture: Picture) -> tuple[Line, ...]:
        """Return the lines in a picture, from top to bottom."""
        with self._lock:
            if picture.digest not in self._read:
                self._read[picture.digest] = lines(self._loaded()(for_reading(picture.pixels)), picture)
                if len(self._read) > KEPT:
                    self._read.popitem(last=False)
            self._read.move_to_end(picture.digest)
            return self._read[picture.digest]

    def _loaded(self) -> RapidOCR:
        if self._engine is None:
            from rapidocr import RapidOCR  # noqa: PLC0415 - the server answers before the OCR is there

            self._engine = RapidOCR(
                params={
                    "Global.log_level": "error",
                    "Global.return_word_box": True,
                    "Global.use_cls": False,  # text that stands on its head is rare, and takes it time
                    "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
                    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                }
            )
            blank = np.zeros((80, 80, 3), dtype=np.uint8)
            self._engine(blank)
            self._engine(blank, use_det=False)  # nothing was found in it to be recognised
            self._engine.use_det = True
        return self._engine


def for_reading(pixels: Pixels) -> Pixels:
    """Return pixels as the OCR takes them: BGR, and a strip widened by black, for it enlarges the shorter side."""
    rows, columns = pixels.shape[:2]
    least = max(rows, columns) // MOST_ELONGATED
    below, beside = max(0, least - rows), max(0, least - columns)
    return np.ascontiguousarray(np.pad(pixels[:, :, ::-1], ((0, below), (0, beside), (0, 0))))


def lines(result: Any, picture: Picture) -> tuple[Line, ...]:
    """Return what the OCR found as lines; of each, words where the spaces are."""
    if result.txts is None or result.boxes is None:
        return ()
    scale = np.array([picture.width, picture.height], dtype=float)
    measured = list(result.word_results or ())
    found = []
    for text, confidence, box in zip(result.txts, result.scores, result.boxes, strict=True):
        corners = (np.asarray(box, dtype=float) / scale).clip(0, 1)
        pieces = text.split()
        places = _taken(measured, "".join(pieces))
        if [piece for piece, _, _ in places] == pieces:
            words = tuple(
                Word(piece, float(score), (np.asarray(place, dtype=float) / scale).clip(0, 1))
                for piece, score, place in places
            )
        else:  # scripts without spaces, or letters that the OCR counts otherwise
            words = tuple(Word(piece, float(confidence), part) for piece, part in _shares(text, corners))
        if words:
            found.append(Line(" ".join(pieces), float(confidence), corners, words))
    return tuple(found)


def _taken(measured: list[Any], letters: str) -> Any:
    """Take the words of a line from the front of what was measured, where lines without words are left out."""
    for index, words in enumerate(measured):
        if "".join(piece for piece, _, _ in words) == letters:
            del measured[: index + 1]
            return words
    return ()


def _shares(text: str, corners: Corners) -> list[tuple[str, Corners]]:
    """Divide a line's place among its words by where they begin and end in the text."""
    upper_left, upper_right, lower_right, lower_left = corners
    shares, position = [], 0
    for piece in text.split():
        begin = text.index(piece, position)
        position = begin + len(piece)
        first, last = begin / len(text), position / len(text)
        upper, lower = upper_right - upper_left, lower_right - lower_left
        part = [upper_left + upper * first, upper_left + upper * last, lower_left + lower * last]
        shares.append((piece, np.array([*part, lower_left + lower * first])))
    return shares
