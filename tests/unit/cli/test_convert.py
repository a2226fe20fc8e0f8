"""`serverless-dicom convert`: files, folders, objects and URLs into pictures."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from serverless_dicom.errors import ServerlessDicomError
from serverless_dicom.header.ranges import FileRanges, MemoryRanges
from serverless_dicom.image import Frame, Picture, RenderOptions, Window, open_image, render
from serverless_dicom_cli import __name__ as package
from serverless_dicom_cli.aws import Aws
from serverless_dicom_cli.drawing import Drawer, Drawn, Failed, Jobs
from serverless_dicom_cli.inputs import Input
from serverless_dicom_cli.main import main
from serverless_dicom_cli.opening import opened
from serverless_dicom_cli.workers import outcomes
from tests.datasets import as_file, make_dataset
from tests.processes import children
from tests.servers import Trap, answer, http_server, ranged
from tests.stack import INBOX
from tests.unit.cli.account import Account

CT = str(get_testdata_file("CT_small.dcm", download=False))
CORPUS = Path(__file__).parents[4] / "shared" / "dicom" / "files"


def image_file(frames: int = 1, **elements: Any) -> bytes:
    """A file of 4 x 4 pixels whose frames are 0, 1, 2 … 15 and the same turned by a pixel each."""
    dataset = make_dataset(NumberOfFrames=frames, **elements)
    dataset.PixelData = np.array([np.roll(np.arange(16), number) for number in range(frames)], "<u2").tobytes()
    return as_file(dataset)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images, a report and something else, in two folders."""
    folder = tmp_path / "study"
    (folder / "b").mkdir(parents=True)
    (folder / "1.dcm").write_bytes(image_file())
    (folder / "b" / "1.dcm").write_bytes(Path(CT).read_bytes())
    report = as_file(make_dataset(pixels=False, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11"))
    (folder / "b" / "2.dcm").write_bytes(report)
    (folder / "notes.txt").write_text("no DICOM " * 100)
    return folder


def pictures(folder: Path) -> list[str]:
    """The paths of all files below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_folder_keeps_its_shape_and_what_is_no_image_is_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["convert", str(folder), "-o", str(out), "--format", "png", "--jobs", "2"]) == 1
    assert pictures(out) == ["1.dcm.png", "b/1.dcm.png"]
    printed, told = capsys.readouterr()
    assert sorted(printed.splitlines()) == [f"{out}/1.dcm.png", f"{out}/b/1.dcm.png"]
    *failed, last = told.splitlines()
    assert min(failed).startswith(f"{folder}/b/2.dcm: no_pixel_data: ")
    assert "Basic Text SR" in min(failed)
    assert max(failed).startswith(f"{folder}/notes.txt: not_dicom: ")
    assert last == "2 converted, 2 failed"


def test_the_picture_is_the_one_that_the_package_draws(tmp_path: Path) -> None:
    assert main(["convert", CT, "-o", str(tmp_path), "--window", "-600,1500", "--quality", "70"]) == 0
    frame = open_image(MemoryRanges(Path(CT).read_bytes())).frame(1)
    picture = render(frame, RenderOptions(quality=70, window=Window(-600, 1500)))
    assert (tmp_path / "CT_small.dcm.jpg").read_bytes() == picture.data


@pytest.mark.parametrize(
    ("options", "size"),
    [
        (["--width", "64"], (64, 64)),
        (["--height", "256"], (128, 128)),
        (["--height", "256", "--upscale"], (256, 256)),
        (["--window", "lung", "--overlays", "--square-pixels"], (128, 128)),
    ],
)
def test_options_reach_the_picture(options: list[str], size: tuple[int, int], tmp_path: Path) -> None:
    assert main(["convert", CT, "-o", str(tmp_path / "p.png"), *options]) == 0
    with Image.open(tmp_path / "p.png") as picture:
        assert (picture.size, picture.format) == (size, "PNG")


def test_without_a_folder_pictures_go_into_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["convert", CT]) == 0
    assert pictures(tmp_path) == ["CT_small.dcm.jpg"]


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [("p.jpeg", [], "JPEG"), ("p.PNG", [], "PNG"), ("p.png", ["--format", "jpg"], "JPEG")],
)
def test_one_picture_may_be_named(name: str, options: list[str], expected: str, tmp_path: Path) -> None:
    assert main(["convert", CT, "-o", str(tmp_path / "new" / name), *options]) == 0
    with Image.open(tmp_path / "new" / name) as picture:
        assert picture.format == expected


@pytest.mark.parametrize(
    ("frame", "expected"),
    [("1", ["m.png"]), ("3", ["m.f3.png"]), ("all", ["m.f1.png", "m.f2.png", "m.f3.png"])],
)
def test_frames_have_names_of_their_own(frame: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(image_file(frames=3))
    out = tmp_path / "out"
    assert main(["convert", str(tmp_path / "m"), "-o", str(out), "--format", "png", "--frame", frame]) == 0
    assert pictures(out) == expected
    contents = {(out / name).read_bytes() for name in expected}
    assert len(contents) == len(expected)


def test_frames_that_are_not_there_are_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = image_file(frames=3)
    (tmp_path / "m.dcm").write_bytes(whole.replace(b"IS\x02\x003 ", b"IS\x02\x0099"))
    out = tmp_path / "out"
    assert main(["convert", str(tmp_path / "m.dcm"), "-o", str(out), "--frame", "all", "--jobs", "1"]) == 1
    assert pictures(out) == ["m.dcm.f1.jpg", "m.dcm.f2.jpg", "m.dcm.f3.jpg"]
    assert "m.dcm frame 4: truncated_pixel_data: " in capsys.readouterr().err.splitlines()[0]


def test_a_frame_beyond_the_last_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", CT, "-o", str(tmp_path), "--frame", "2"]) == 1
    assert "CT_small.dcm frame 2: invalid_request: frame must be 1 to 1, got 2" in capsys.readouterr().err


def test_nothing_is_overwritten_within_a_run(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, out = folder / "1.dcm", folder / "b" / "1.dcm", tmp_path / "out"
    assert main(["convert", str(first), str(second), str(first), "-o", str(out)]) == 1
    assert pictures(out) == ["1.dcm.jpg"]
    with Image.open(out / "1.dcm.jpg") as picture:
        assert picture.size == (4, 4)
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith(f"{second}: name_taken: {out}/1.dcm.jpg is the picture of {first}: ")
    assert told[1].startswith(f"{first}: name_taken: it is named twice: ")
    assert main(["convert", str(second), "-o", str(out)]) == 0, "a further run replaces the picture"
    with Image.open(out / "1.dcm.jpg") as picture:
        assert picture.size == (128, 128)


def test_pictures_in_the_folder_itself_are_not_found_as_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a/1", "z/1"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(image_file())
    monkeypatch.chdir(tmp_path)
    assert main(["convert", ".", "-o", "z", "--jobs", "1"]) == 0
    assert pictures(tmp_path) == ["a/1", "z/1", "z/a/1.jpg", "z/z/1.jpg"]


def test_explain_prints_a_line_of_json_a_picture(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "p"
    assert main(["convert", str(folder / "1.dcm"), CT, "-o", str(out), "--explain", "--jobs", "1"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["path"], first["output"], first["frame"]) == (f"{folder}/1.dcm", f"{out}/1.dcm.jpg", 1)
    assert first["warnings"] == []
    assert (second["width"], second["height"], second["decoder"]) == (128, 128, "none")


def test_warnings_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cut.dcm").write_bytes(image_file()[:-2])
    assert main(["convert", str(tmp_path / "cut.dcm"), "-o", str(tmp_path / "out")]) == 0
    assert "cut.dcm: warning: 6.2% of the pixels are missing" in capsys.readouterr().err


def test_what_is_not_there_or_cannot_be_written_fails_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").mkdir()
    out = tmp_path / "out"
    (out / "MR_small.dcm.jpg").mkdir(parents=True)  # where a picture should go
    mr = str(get_testdata_file("MR_small.dcm", download=False))
    paths = [str(tmp_path / name) for name in ("missing", "pipe", "empty")]
    assert main(["convert", *paths, mr, CT, "-o", str(out), "--jobs", "1"]) == 1
    assert pictures(out) == ["CT_small.dcm.jpg"]
    codes = {line.split(": ")[0]: line.split(": ")[1] for line in capsys.readouterr().err.splitlines()[:-1]}
    assert codes == {
        paths[0]: "unreadable",
        paths[1]: "unreadable",
        paths[2]: "nothing_found",
        mr: "unwritable",
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([CT, CT, "-o", "p.png"], "-o p.png is one picture"),
        ([".", "-o", "p.png"], "-o p.png is one picture"),
        (["s3://bucket/in/", "-o", "p.png"], "-o p.png is one picture"),
        ([CT, "--frame", "all", "-o", "p.png"], "-o p.png is one picture"),
        ([CT, "-o", CT], "is a file, but none of a picture"),
        ([CT, "--frame", "0"], "must be a number from 1, or all"),
        ([CT, "--window", "40,x"], "must be CENTER,WIDTH"),
        ([CT, "--window", "40,0"], "window_width must be a number"),
        ([CT, "--window", "spleen"], "window must be an index from 1 or one of abdomen"),
        ([CT, "--quality", "101"], "'--quality'"),
        ([CT, "--width", "9000"], "width must be a whole number from 1 to 8192"),
        ([CT, "--jobs", "0"], "'--jobs'"),
        (["s3://", "-o", "p"], "expected s3://BUCKET"),
    ],
)
def test_a_wrong_command_line_draws_nothing(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["convert", *arguments]) == 2
    assert told in capsys.readouterr().err
    assert pictures(tmp_path) == []


def test_a_name_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a\x1b[31m.dcm").write_bytes(b"nothing")
    (tmp_path / "b\x1b[31m.dcm").write_bytes(image_file())
    main(["convert", str(tmp_path), "-o", str(tmp_path / "out")])
    assert "\x1b" not in "".join(capsys.readouterr())


def hostile(frame: Frame, options: RenderOptions) -> Picture:
    """Draw, or do what a decoder may do with a frame that was made for it."""
    match str(frame.dataset.PatientID):
        case "CRASH":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "EXIT":
            os._exit(3)
        case "HANG":
            time.sleep(60)
        case "SPIN":
            while True:
                pass
        case "SWELL":
            bytearray(4 << 30)
        case "QUOTE":
            raise KeyError("Zzyzx^Quentin")
    return render(frame, options)


def test_a_decoder_that_dies_costs_its_own_picture_only(tmp_path: Path) -> None:
    names = ["OK1", "CRASH", "OK2", "EXIT", "OK3", "SWELL", "OK4", "QUOTE", "OK5", "HANG", "OK6", "SPIN", "OK7"]
    for name in names:
        (tmp_path / name).write_bytes(image_file(PatientID=name))
    sources = [Input(str(tmp_path / name), name, name) for name in names]
    draw = Drawer(partial(opened, aws=Aws()), hostile, RenderOptions())
    before, began = children(), time.monotonic()
    found = {job.source.name: outcome for job, outcome in outcomes(Jobs(sources, 1, seconds=1.0), draw, 2)}
    assert time.monotonic() - began < 10
    assert {name for name, outcome in found.items() if isinstance(outcome, Drawn)} == {f"OK{n}" for n in range(1, 8)}
    failed = {name: outcome for name, outcome in found.items() if isinstance(outcome, Failed)}
    assert {outcome.code for outcome in failed.values()} == {"undecodable_pixel_data"}
    assert {name: outcome.message.partition(" at ")[0] for name, outcome in failed.items()} == {
        "CRASH": "the decoder crashed: SIGSEGV",
        "EXIT": "the decoder crashed: exit status 3",
        "SWELL": "decoding takes more than 402653184 bytes of memory",
        "QUOTE": "decoding failed: KeyError",
        "HANG": "it took more than 1 seconds",
        "SPIN": "it took more than 1 seconds",
    }
    assert children() == before


def test_all_that_stop_early_leave_no_process(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(image_file(frames=50))
    draw = Drawer(partial(opened, aws=Aws()), render, RenderOptions())
    before = children()
    under_way = outcomes(Jobs([Input(str(tmp_path / "m"), "m", "m")], None), draw, 3)
    for _ in range(5):
        next(under_way)
    under_way.close()
    assert children() == before


@pytest.mark.parametrize(
    ("ending", "status", "told"),
    [(signal.SIGINT, 130, "\ninterrupted\n"), (signal.SIGKILL, -signal.SIGKILL, "")],
    ids=["Ctrl-C", "killed"],
)
def test_ended_it_leaves_no_process_and_nothing_half_done(
    ending: signal.Signals, status: int, told: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (tmp_path / "m.dcm").write_bytes(image_file(frames=20_000))
    heeding = ["env", "--default-signal=INT"]  # a background job of a shell ignores it, and so does all that it starts
    running = subprocess.Popen(
        [*heeding, sys.executable, "-m", package, "convert", str(tmp_path / "m.dcm"), "--frame", "all", "-o", str(out)],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 30
        while not out.exists() or len(pictures(out)) < 20:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        began = time.monotonic()
        if ending == signal.SIGINT:
            os.killpg(running.pid, ending)  # as a terminal does
        else:
            running.kill()
        _, err = running.communicate(timeout=10)
        assert (running.returncode, err) == (status, told)
        while is_alive(running.pid):
            assert time.monotonic() - began < 10
            time.sleep(0.01)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
    for name in [name for name in pictures(out) if not name.startswith(".")]:
        with Image.open(out / name) as picture:
            picture.load()
    if ending == signal.SIGINT:
        assert [name for name in pictures(out) if name.startswith(".")] == []


def is_alive(group: int) -> bool:
    """Whether a process group has any process."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_objects_are_drawn_one_or_all_below_a_prefix(account: Account, tmp_path: Path) -> None:
    for key in ("in/1.dcm", "in/a b+é%20.dcm", "in/deep/er.dcm", "in/", "in/../../evil.dcm"):
        account.s3.put_object(Bucket=INBOX, Key=key, Body=image_file() if key != "in/" else b"")
    below = account.run("convert", f"s3://{INBOX}/in/", "-o", tmp_path / "x" / "out")
    assert below.status == 1
    assert pictures(tmp_path / "x") == ["out/1.dcm.jpg", "out/a b+é%20.dcm.jpg", "out/deep/er.dcm.jpg"]
    assert f"s3://{INBOX}/in/../../evil.dcm: invalid_request: its name is none that a file may have" in below.err
    one = account.run("convert", f"s3://{INBOX}/in/deep/er.dcm", "-o", tmp_path / "one.png")
    assert (one.status, one.out) == (0, f"{tmp_path}/one.png\n")


def test_objects_and_buckets_that_are_not_there_are_told(account: Account, tmp_path: Path) -> None:
    urls = [f"s3://{INBOX}/missing", f"s3://{INBOX}/none/", "s3://missing/", "s3://missing/1.dcm"]
    ran = account.run("convert", *urls, CT, "-o", tmp_path)
    assert ran.status == 1
    assert pictures(tmp_path) == ["CT_small.dcm.jpg"]
    told = {line.split(": ")[0]: line for line in ran.err.splitlines()[:-1]}
    assert set(told) == set(urls)
    assert ": object_not_found: " in told[urls[0]]
    assert ": nothing_found: " in told[urls[1]]
    assert all("there is no such bucket" in told[url] for url in urls[2:])


def test_a_url_may_be_on_any_host_but_lead_to_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = Path(CT).read_bytes()
    with Trap() as trap:
        away = answer(302, location=f"http://127.0.0.1:{trap.port}/1.dcm")
        serve = ranged(data)
        with http_server(lambda request: away if "away" in request.target else serve(request)) as server:
            base = f"http://127.0.0.1:{server.port}"
            urls = [f"{base}/deep/one%20two.dcm?token=s3cr3t", f"{base}/away.dcm?token=s3cr3t"]
            assert main(["convert", *urls, "-o", str(tmp_path)]) == 1
        assert not trap.was_reached
    assert pictures(tmp_path) == ["one two.dcm.jpg"]
    told = capsys.readouterr().err
    assert f"{base}/away.dcm: source_not_allowed: " in told
    assert "s3cr3t" not in told


def test_frames_behind_http_are_fetched_in_one_conversation(tmp_path: Path) -> None:
    data, seen = image_file(frames=4), []
    with http_server(ranged(data), seen=seen) as server:
        url = f"http://127.0.0.1:{server.port}/m.dcm"
        assert main(["convert", url, "-o", str(tmp_path), "--frame", "all", "--jobs", "1"]) == 0
        assert server.connections == 1
    assert len(pictures(tmp_path)) == 4
    assert len(seen) == 1


@pytest.mark.parametrize("url", ["gopher://h/1", "ftp://user:s3cr3t@h/", "http://user:s3cr3t@h/x?y=s3cr3t"])
def test_urls_that_are_none_fail_alone_and_keep_their_secrets(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", url, CT, "-o", str(tmp_path)]) == 1
    assert pictures(tmp_path) == ["CT_small.dcm.jpg"]
    assert "s3cr3t" not in capsys.readouterr().err


def alone(path: Path) -> bytes | None:
    """The picture of a file, drawn in this process; None where there is none."""
    try:
        with path.open("rb") as file:
            return render(open_image(FileRanges.of(file)).frame(1), RenderOptions()).data
    except ServerlessDicomError:
        return None


@pytest.mark.parametrize(
    "folder",
    [Path(CT).parent, pytest.param(CORPUS, marks=pytest.mark.skipif(not CORPUS.exists(), reason="is not shared"))],
    ids=["of pydicom's wheel", "of others"],
)
def test_every_image_is_drawn_as_it_is_alone(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [path for path in folder.iterdir() if path.is_file()]
    expected = {f"{path.name}.jpg": data for path in files if (data := alone(path))}
    main(["convert", *map(str, files), "-o", str(tmp_path), "--jobs", "2"])
    assert len(expected) > 50
    assert pictures(tmp_path) == sorted(expected)
    assert {name: (tmp_path / name).read_bytes() == data for name, data in expected.items()} == dict.fromkeys(
        expected, True
    )
    *lines, last = capsys.readouterr().err.splitlines()
    assert last == f"{len(expected)} converted, {len(files) - len(expected)} failed"
    failures = [line for line in lines if ": warning: " not in line]
    assert len(failures) == len(files) - len(expected)
