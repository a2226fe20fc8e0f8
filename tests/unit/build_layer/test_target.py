"""What of the lock goes into a layer: decided for the layer's Python, whatever Python builds it."""

from pathlib import Path

import pytest

from build_layer.errors import LayerError
from build_layer.target import Target, applicable

LOCK = (Path(__file__).resolve().parents[3] / "requirements.txt").read_text()
SAMPLE = """\
# a comment
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:aa \\
    --hash=sha256:ab
    # via pydicom
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:bb
only-arm==1.0 ; platform_machine == 'aarch64' \\
    --hash=sha256:cc
"""


def test_markers_are_those_of_the_target() -> None:
    arm = Target.parse("python3.13-arm64")
    assert applicable(SAMPLE, arm) == "numpy==2.5.5 --hash=sha256:bb\nonly-arm==1.0 --hash=sha256:cc\n"
    older = Target("3.11", "x86_64")
    assert applicable(SAMPLE, older) == "numpy==2.4.6 --hash=sha256:aa --hash=sha256:ab\n"


@pytest.mark.parametrize("name", ["python3.12-arm64", "python3.13-x86_64", "python3.14-arm64", "host"])
def test_the_lock_has_each_direct_dependency_once_for_every_target(name: str) -> None:
    entries = applicable(LOCK, Target.parse(name)).splitlines()
    names = [entry.split("==")[0] for entry in entries]
    direct = {"boto3", "pydicom", "pillow", "numpy", "pylibjpeg", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg"}
    assert direct | {"aws-lambda-powertools"} <= set(names)
    assert len(names) == len(set(names))
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "aws-xray-sdk" not in names


@pytest.mark.parametrize("name", ["python2.7-arm64", "python3.13-riscv", "python3.13", "x86_64"])
def test_an_unknown_target_is_told_what_one_looks_like(name: str) -> None:
    with pytest.raises(LayerError, match=r"host or python3\.13-arm64"):
        Target.parse(name)


def test_wheels_are_chosen_for_lambdas_glibc() -> None:
    options = Target.parse("python3.13-arm64").pip_options()
    assert "manylinux_2_34_aarch64" in options
    assert "manylinux2014_aarch64" in options
    assert options[options.index("--python-version") + 1] == "3.13"
    assert Target.parse("host").pip_options() == []
