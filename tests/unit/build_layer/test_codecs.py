"""What is left of imagecodecs in the layer: some codecs, and every library that they load."""

from pathlib import Path

import imagecodecs
import pytest

from build_layer.codecs import CODECS, cut_codecs, needed_by
from build_layer.errors import LayerError

INSTALLED = Path(imagecodecs.__file__).parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A layer that holds imagecodecs as it is installed here."""
    for name in ("imagecodecs", "imagecodecs.libs"):
        (tmp_path / name).mkdir()
        for path in INSTALLED.with_name(name).iterdir():
            if path.is_file():
                (tmp_path / name / path.name).symlink_to(path)
    return tmp_path


def test_the_codecs_stay_with_the_libraries_that_they_load(folder: Path) -> None:
    before = {path.name for path in (folder / "imagecodecs.libs").iterdir()}
    cut_codecs(folder)
    extensions = list((folder / "imagecodecs").glob("*.so"))
    libraries = list((folder / "imagecodecs.libs").iterdir())
    loaded = {name for path in [*extensions, *libraries] for name in needed_by(path)}
    assert {path.name.partition(".")[0] for path in extensions} == set(CODECS)
    assert {path.name for path in libraries} == loaded & before
    assert {path.name.partition("-")[0] for path in libraries} >= {"libjpeg", "libcharls", "libopenjph", "libjxl_cms"}
    assert not [path for path in libraries if path.name.startswith(("libaom", "libtiff"))]


def test_its_python_stays_and_its_bridges_to_others_go(folder: Path) -> None:
    cut_codecs(folder)
    assert {path.name for path in (folder / "imagecodecs").glob("*.py")} == {"__init__.py", "imagecodecs.py"}


def test_a_codec_that_is_gone_is_named(folder: Path) -> None:
    next((folder / "imagecodecs").glob("_htj2k.*so")).unlink()
    with pytest.raises(LayerError, match="lacks _htj2k"):
        cut_codecs(folder)
