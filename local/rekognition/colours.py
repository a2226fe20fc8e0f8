"""IMAGE_PROPERTIES: how bright, sharp and full of contrast a picture is, and which colours there are most of."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from local.rekognition.measuring import Measures, measure
from local.rekognition.pictures import Pixels

MOST_COLOURS = 10
"""Where the caller names no number."""

SIMPLE = ("black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")


def image_properties(pixels: Pixels, measures: Measures, most: int | None) -> dict[str, Any]:
    """Return ImageProperties: of the whole picture, of what stands out of its background, and of the rest."""
    most = MOST_COLOURS if most is None else most
    found: dict[str, Any] = _properties(pixels, measures, most)
    place = measures.subject
    if place:
        rows, columns = pixels.shape[:2]
        top, bottom = round(place.top * rows), max(round((place.top + place.height) * rows), 1)
        left, right = round(place.left * columns), max(round((place.left + place.width) * columns), 1)
        inside = pixels[top:bottom, left:right]
        if min(inside.shape[:2]) > 1:
            outside = pixels.copy()
            outside[top:bottom, left:right] = np.median(pixels[0], axis=0)
            found["Foreground"] = _properties(inside, measure(inside), most)
            found["Background"] = _properties(outside, measure(outside), most)
    return found


def _properties(pixels: Pixels, measures: Measures, most: int) -> dict[str, Any]:
    shares = {"Brightness": measures.brightness, "Sharpness": measures.sharpness, "Contrast": 2 * measures.contrast}
    quality = {name: round(100 * min(1.0, share), 4) for name, share in shares.items()}
    return {"Quality": quality, "DominantColors": _dominant(pixels, most)}


def _dominant(pixels: Pixels, most: int) -> list[dict[str, Any]]:
    """Return up to so many colours, the one that covers most first."""
    if not most:
        return []
    image = Image.fromarray(pixels)
    image.thumbnail((256, 256))
    reduced = image.quantize(most)
    palette = np.array(reduced.getpalette() or [], dtype=int).reshape(-1, 3)
    counts = np.bincount(np.asarray(reduced).ravel(), minlength=len(palette))
    order = [int(index) for index in np.argsort(-counts, kind="stable") if counts[index]]
    return [_colour(palette[index], 100 * int(counts[index]) / int(counts.sum())) for index in order[:most]]


def _colour(rgb: NDArray[np.int_], percent: float) -> dict[str, Any]:
    red, green, blue = (int(value) for value in rgb)
    return {
        "Red": red,
        "Green": green,
        "Blue": blue,
        "HexCode": f"#{red:02x}{green:02x}{blue:02x}",
        "CSSColor": _nearest(tuple(ImageColor.colormap), (red, green, blue)),
        "SimplifiedColor": _nearest(SIMPLE, (red, green, blue)),
        "PixelPercent": round(percent, 4),
    }


@cache
def _nearest(names: tuple[str, ...], rgb: tuple[int, int, int]) -> str:
    """Return the name of the colour that is least away."""
    return min(names, key=lambda name: sum((a - b) ** 2 for a, b in zip(ImageColor.getrgb(name), rgb, strict=False)))
