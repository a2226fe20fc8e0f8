"""imagecodecs without what nobody here decodes: it ships some sixty codecs, a hundred megabytes of them.

It imports a codec when the codec's name is first asked for, so those that are left never miss the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from build_layer.errors import LayerError

CODECS = {
    "_jpeg8": "JPEG of 8 and 12 bits, and JPEG lossless (libjpeg-turbo)",
    "_jpegls": "JPEG-LS (CharLS)",
    "_jpeg2k": "JPEG 2000 (OpenJPEG)",
    "_htj2k": "High-Throughput JPEG 2000 (OpenJPH)",
    "_jpegxl": "JPEG XL (libjxl)",
    "_imcd": "RLE of DICOM (its own)",
    "_shared": "what all of them import",
    "_shared_cython": "what all of them import",
}
"""The extension modules that stay, and what each is for."""

NEEDLESS = ("_imagecodecs.py", "numcodecs.py", "zarr.py", "__main__.py", "__init__.pyi")
"""Slow twins for its tests, and bridges to packages that the layer has not."""


def cut_codecs(folder: Path) -> None:
    """Leave of imagecodecs the extension modules in CODECS, and the libraries that they load.

    Raises:
        LayerError: one of them is not there: imagecodecs has changed.

    """
    package, libraries = folder / "imagecodecs", folder / "imagecodecs.libs"
    extensions = {path.name.partition(".")[0]: path for path in package.glob("*.so")}
    absent = sorted(CODECS.keys() - extensions.keys())
    if absent:
        raise LayerError(f"imagecodecs lacks {', '.join(absent)}: look what its new version calls them (codecs.py)")
    kept = loaded_by((extensions[name] for name in CODECS), libraries)
    for path in [*package.glob("*.so"), *libraries.iterdir(), *(package / name for name in NEEDLESS)]:
        if path not in kept:
            path.unlink(missing_ok=True)


def loaded_by(programs: Iterable[Path], libraries: Path) -> set[Path]:
    """Return the programs and all that they load from the folder of libraries, and what those load in turn."""
    found: set[Path] = set()
    left = list(programs)
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += [libraries / name for name in needed_by(path) if (libraries / name).exists()]
    return found


def needed_by(path: Path) -> list[str]:
    """Return the names of the libraries that an ELF file of any processor loads (its DT_NEEDED entries)."""
    with path.open("rb") as file:
        section = ELFFile(file).get_section_by_name(".dynamic")
        if not isinstance(section, DynamicSection):
            return []
        return [tag.needed for tag in section.iter_tags("DT_NEEDED")]  # type: ignore[attr-defined] # set by name
