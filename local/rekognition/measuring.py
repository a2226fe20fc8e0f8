"""What can be measured of a picture: shares and means from 0 to 1, and places as boxes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from local.rekognition.pictures import Pixels

SIDE = 512
"""Pixels of the longer side that are measured."""

Values = npt.NDArray[np.float64]

CHROMA = 0.06
"""The least difference between the largest and the smallest of R, G and B that the eye takes for a colour."""

LEVELS_OF_A_BACKGROUND = 0.04
"""How far a pixel may be from the middle of the border's and still count as background."""

BRIGHT = 0.75
"""Of the brightest: what a bright region is made of."""

MOST_REGIONS = 8


@dataclass(frozen=True, slots=True)
class Region:
    """A place as fractions of the picture's sides, and the mean brightness in it."""

    left: float
    top: float
    width: float
    height: float
    brightness: float


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured; where nothing else is said, from 0 to 1."""

    width_to_height: float
    """Above 0; of the image as it is shown."""
    coloured: float
    """The share of the pixels that have a colour."""
    brightness: float
    contrast: float
    """Standard deviation of the brightness, 0.5 at most."""
    edges: float
    """The share of pixels in which the brightness changes within three pixels by more than a tenth."""
    detail: float
    """Mean difference to the surroundings of 9 by 9 pixels."""
    symmetry_left_right: float
    """Correlation with the mirrored picture, -1 to 1; 0 of a plain one."""
    symmetry_top_bottom: float
    background: float
    """The share of pixels that are as bright as the border is in the middle."""
    background_brightness: float
    sharpness: float
    """Of edges: 1 where they are one pixel wide."""
    subject: Region | None
    """Where the pixels are that are not background, if some are and some are not."""
    bright: tuple[Region, ...]
    """The largest first."""


def measure(pixels: Pixels) -> Measures:
    """Measure a picture of rows, columns and RGB."""
    rows, columns = pixels.shape[:2]
    if max(rows, columns) > SIDE:
        scale = SIDE / max(rows, columns)
        size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    colours = pixels.astype(np.float64) / 255
    luma = colours @ np.array([0.299, 0.587, 0.114])
    gradient = np.hypot(cv2.Sobel(luma, cv2.CV_64F, 1, 0) / 4, cv2.Sobel(luma, cv2.CV_64F, 0, 1) / 4)
    border = np.concatenate([luma[0], luma[-1], luma[:, 0], luma[:, -1]])
    level = float(np.median(border))
    is_background = np.abs(luma - level) <= LEVELS_OF_A_BACKGROUND
    return Measures(
        width_to_height=columns / rows,
        coloured=float(np.mean(colours.max(axis=2) - colours.min(axis=2) > CHROMA)),
        brightness=float(luma.mean()),
        contrast=float(luma.std()),
        edges=float(np.mean(gradient > 0.1)),  # noqa: PLR2004 - as its docstring says
        detail=float(np.abs(luma - cv2.blur(luma, (9, 9))).mean()),
        symmetry_left_right=_correlation(luma, luma[:, ::-1]),
        symmetry_top_bottom=_correlation(luma, luma[::-1]),
        background=float(is_background.mean()),
        background_brightness=level,
        sharpness=_sharpness(gradient),
        subject=_subject(~is_background, luma),
        bright=_bright(luma),
    )


def _correlation(one: Values, other: Values) -> float:
    a, b = one - one.mean(), other - other.mean()
    power = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / power if power > 1e-6 else 0.0  # noqa: PLR2004 - plain but for rounding


def _sharpness(gradient: Values) -> float:
    """Compare the steepest places with what is steep about them: a blurred edge has steep neighbours alone."""
    steepest = float(np.percentile(gradient, 99.5))
    if steepest < 0.01:  # noqa: PLR2004 - no edge to speak of
        return 0.0
    return min(1.0, 2 * float(np.percentile(gradient, 99.9)))


def _subject(mask: npt.NDArray[np.bool_], luma: Values) -> Region | None:
    """Return the rectangle about what is not background, a hundredth of it on either side left out as specks."""
    if not 0.005 < mask.mean() < 0.995:  # noqa: PLR2004 - there are both
        return None
    rows, columns = np.nonzero(mask)
    top, bottom = (float(value) for value in np.percentile(rows, [1, 99]))
    left, right = (float(value) for value in np.percentile(columns, [1, 99]))
    height, width = luma.shape
    inside = float(luma[mask].mean())
    return Region(left / width, top / height, (right - left + 1) / width, (bottom - top + 1) / height, inside)


def _bright(luma: Values) -> tuple[Region, ...]:
    """Return the places that stand out by their brightness, unless nothing does or most of the picture is bright."""
    level = BRIGHT * float(luma.max())
    mask = luma >= max(level, float(luma.mean() + luma.std()))
    if luma.max() < 0.2 or mask.mean() > 0.5:  # noqa: PLR2004 - dark all over; bright all over
        return ()
    height, width = luma.shape
    smooth = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), dtype=np.uint8))
    count, marks, places, _ = cv2.connectedComponentsWithStats(smooth)
    largest = sorted(range(1, count), key=lambda index: -int(places[index][cv2.CC_STAT_AREA]))
    regions = []
    for index in largest[:MOST_REGIONS]:
        left, top, columns, rows, area = (int(value) for value in places[index])
        if area < 0.002 * luma.size:  # specks
            break
        mean = float(luma[marks == index].mean())
        regions.append(Region(left / width, top / height, columns / width, rows / height, mean))
    return tuple(regions)
