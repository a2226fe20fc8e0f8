"""The arrows of the house point inward: functions, cli -> runtime and adapters -> core."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "dicom" / "serverless_dicom"
CORE = {"header", "image", "analysis", "imageset", "errors", "change", "fields"}
ADAPTERS = {"stores", "sources", "vision", "archive"}
SHARED = {"faults"}
"""What adapters have in common, who do not import each other."""
FOREIGN_TO_CORE = {"boto3", "botocore", "os", "time", "socket", "urllib", "http", "requests", "aws_lambda_powertools"}
PRODUCT = sorted({*PACKAGE.rglob("*.py"), *(ROOT / "functions").rglob("*.py"), *(ROOT / "cli").rglob("*.py")})
EMULATORS = re.compile(r"ministack|localstack|moto\b|LocalStack|if LOCAL|emulat", re.IGNORECASE)


def room(path: Path) -> str:
    """The room of a file: its first folder or module in the package, else `functions/<name>` or `cli`."""
    if PACKAGE in path.parents:
        return path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "/".join(path.relative_to(ROOT).parts[:2]) if (ROOT / "functions") in path.parents else "cli"


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where an arrow points"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def allowed(path: Path) -> set[str]:
    """The rooms that a file may import from, besides its own."""
    here = room(path)
    if here in ADAPTERS:
        return CORE | SHARED
    if here in CORE | SHARED | {"runtime"}:
        return CORE
    return CORE | SHARED | ADAPTERS | {"runtime"}


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_inward(path: Path) -> None:
    for name in imports(path):
        top, _, rest = name.partition(".")
        assert top not in {"local", "tests", "benchmarks", "build_layer"}, f"{path} imports {name}"
        if top == "serverless_dicom" and rest and room(path) != "__init__":
            target = rest.partition(".")[0]
            assert target in allowed(path) | {room(path), "__version__"}, f"{path} imports {name}"
        if top == "serverless_dicom_cli":
            assert room(path) == "cli", f"{path} imports {name}"
        if room(path) in CORE:
            assert top not in FOREIGN_TO_CORE, f"{path} imports {name}"


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_product_code_knows_of_an_emulator(path: Path) -> None:
    assert not EMULATORS.search(path.read_text())


def test_no_handler_imports_another() -> None:
    handlers = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}

    for path in (ROOT / "functions").rglob("*.py"):
        assert not [name for name in imports(path) if name.partition(".")[0] in {*handlers, "handler", "functions"}]


def test_handlers_are_thin() -> None:
    for path in (ROOT / "functions").glob("*/handler.py"):
        assert len([line for line in path.read_text().splitlines() if line.strip()]) < 80
