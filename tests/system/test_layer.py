"""The built layer alone: what Lambda has, and nothing of what is installed here."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.encaps import get_frame
from pydicom.uid import RLELossless

from build_layer.contents import tree_size
from tests.template import FUNCTIONS, variables

ROOT = Path(__file__).resolve().parents[2]
LAMBDA_LIMIT = 262_144_000
VARIABLES = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
for _function in FUNCTIONS:
    VARIABLES |= variables(_function)
TWELVE_BITS = (np.mgrid[0:48, 0:64].sum(0) * 37 % 4096).astype(np.uint16)
LOSSLESS: dict[str, Callable[[], bytes]] = {
    "jpeg8": lambda: imagecodecs.jpeg8_encode(TWELVE_BITS, lossless=True, bitspersample=12),
    "jpegls": lambda: imagecodecs.jpegls_encode(TWELVE_BITS),
    "jpeg2k": lambda: imagecodecs.jpeg2k_encode(TWELVE_BITS, level=0, reversible=True),
    "htj2k": lambda: imagecodecs.htj2k_encode(TWELVE_BITS, level=0, reversible=True),
    "jpegxl": lambda: imagecodecs.jpegxl_encode(TWELVE_BITS, lossless=True),
}
START = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
{statements}
print(json.dumps(sorted(getattr(module, "__file__", None) or "" for module in list(sys.modules.values()))))
"""


@pytest.fixture(scope="session")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer for the Python and processor of this machine."""
    folder = tmp_path_factory.mktemp("layer")
    subprocess.run(
        [sys.executable, "-m", "build_layer", "--target", "host", str(folder)], cwd=ROOT / "layers/dicom", check=True
    )
    return folder / "python"


def start(layer: Path, statements: str, *folders: Path) -> list[str]:
    """Run statements in a Python that sees its standard library, the layer and the folders; the files it imported."""
    seen = [str(layer), *map(str, folders)]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", START.format(statements=statements), json.dumps(seen)],
        env=VARIABLES,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    imported: list[str] = json.loads(done.stdout.splitlines()[-1])
    assert not [name for name in imported if "site-packages" in name]
    return imported


@pytest.mark.parametrize("function", sorted(path.parent.name for path in ROOT.glob("functions/*/handler.py")))
def test_every_function_starts_from_the_layer_alone(layer: Path, function: str) -> None:
    imported = start(layer, "import handler; assert callable(handler.handler)", ROOT / "functions" / function)
    assert [name for name in imported if name.startswith(f"{layer}/serverless_dicom/")]
    assert not [name for name in imported if "aws_xray_sdk" in name]


def test_the_decoders_load(layer: Path) -> None:
    start(layer, "import numpy, numpy.linalg, PIL.Image, PIL.ImageCms, pydicom.pixels, pylibjpeg, libjpeg, openjpeg")


@pytest.mark.parametrize("codec", LOSSLESS)
def test_imagecodecs_decodes_though_it_was_cut(layer: Path, tmp_path: Path, codec: str) -> None:
    """By the whole imagecodecs of this test's own environment, what the layer's has to decode is encoded."""
    (tmp_path / "coded").write_bytes(LOSSLESS[codec]())
    decode = f"pathlib.Path('{tmp_path}/decoded').write_bytes(imagecodecs.{codec}_decode(coded).tobytes())"
    start(layer, f"import imagecodecs, pathlib; coded = pathlib.Path('{tmp_path}/coded').read_bytes(); {decode}")
    assert (tmp_path / "decoded").read_bytes() == TWELVE_BITS.tobytes()


def test_imagecodecs_decodes_the_rle_of_dicom(layer: Path, tmp_path: Path) -> None:
    ct = dcmread(get_testdata_file("CT_small.dcm", download=False))
    pixels = ct.PixelData
    ct.compress(RLELossless, encoding_plugin="pydicom")
    (tmp_path / "coded").write_bytes(get_frame(ct.PixelData, 0, number_of_frames=1))
    decoded = f"imagecodecs.dicomrle_decode(pathlib.Path('{tmp_path}/coded').read_bytes(), '<u2')"
    start(layer, f"import imagecodecs, pathlib; pathlib.Path('{tmp_path}/decoded').write_bytes({decoded})")
    assert (tmp_path / "decoded").read_bytes() == pixels


def test_codecs_are_found_by_their_entry_points(layer: Path) -> None:
    start(layer, "from pylibjpeg.utils import get_decoders; assert {'libjpeg', 'openjpeg'} <= set(get_decoders())")


def test_the_layer_fits_into_lambda_and_carries_no_tests(layer: Path) -> None:
    assert tree_size(layer) < LAMBDA_LIMIT
    assert not list(layer.glob("numpy/**/tests"))
    assert (layer / "pydicom/data/urls.json").exists()
    assert list(layer.rglob("*.pyc"))
    assert not (layer / "bin").exists()
