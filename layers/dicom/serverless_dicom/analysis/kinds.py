"""The first bytes of a file -> what kind of picture it is, whatever its name or media type says."""

from __future__ import annotations

from typing import Literal

Kind = Literal["jpeg", "png", "gif"]

HEAD = 132
"""Bytes that tell a kind: those of a DICOM file's preamble and prefix (PS3.10 7.1)."""

_KINDS: dict[bytes, Kind] = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
}

_OTHERS = {
    b"BM": "a BMP picture",
    b"II*\0": "a TIFF picture",
    b"MM\0*": "a TIFF picture",
    b"\xffO\xffQ": "a JPEG 2000 picture",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 picture",
    b"\0\0\0\x0cJXL ": "a JPEG XL picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive: upload the files in it",
    b"\x1f\x8b": "compressed by gzip: upload the file in it",
    b"\x5c\x01\0\0": "a NIfTI volume",
    b"n+1": "a NIfTI volume",
}


def kind_of(head: bytes) -> Kind | None:
    """The kind of picture that a file's first HEAD bytes begin; None for what may be DICOM, or is nothing we know.

    A DICOM file's preamble may begin as another format does (PS3.10 7.1): the prefix after it decides.
    """
    if head[128:132] == b"DICM":
        return None
    return next((kind for magic, kind in _KINDS.items() if head.startswith(magic)), None)


def described(head: bytes) -> str:
    """What a file is that is no picture of ours, as far as its first bytes tell."""
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "a WebP picture"
    if head[4:8] == b"ftyp":
        return "a HEIC or AVIF picture, or a video"
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<svg")):
        return "a web page or an XML document"
    return next((name for magic, name in _OTHERS.items() if head.startswith(magic)), "of no kind that is known here")
