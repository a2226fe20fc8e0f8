"""Drawing pictures, beside the programs that do so too: `python -m benchmarks convert`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from pydicom.data import get_testdata_file

from benchmarks import orthanc, peers
from benchmarks.pictures import SIZES, SYNTAXES, anatomy, build_image, build_stream
from benchmarks.process import SCRATCH, measured
from benchmarks.rendering import QUALITY
from benchmarks.server import BUCKET, serving
from benchmarks.tables import goal, milliseconds, show, size, table

Rows = list[list[str]]

WARM = {"uncompressed": 3.0, "RLE": 3.0, "JPEG lossless": 3.0, "HTJ2K": 3.0}
"""How much faster than the usual program each is to be; the others never slower."""

TIMES = {"512 x 512 CT": 15, "2500 x 2140 radiograph": 5}
ROUNDS = 2
MANY = 200
SERIES = 40
GIGABYTE = 1_000_000_000
WITHIN, PEAK = 2.0, 1.1
WHOLE = 2.0
CINE = ("uncompressed", "RLE", "JPEG baseline", "JPEG lossless", "HTJ2K")
CINE_FRAMES = 48


def run() -> bool:
    """Measure and print; whether the goals are reached."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    try:
        images = {}
        for name, (rows, columns) in SIZES.items():
            pixels = anatomy(rows, columns)
            for syntax, uid in SYNTAXES.items():
                images[name, syntax] = build_image(SCRATCH / f"{rows}-{uid}.dcm", uid, [pixels])
        ours, warm = _warm(images)
        return all([warm, _orthanc(images, ours), _whole(images), _many(images), _far(), _cine()])
    finally:
        shutil.rmtree(SCRATCH)


def _warm(images: dict[tuple[str, str], Path]) -> tuple[dict[tuple[str, str], float], bool]:
    """Bytes in memory -> JPEG in a warm process; this project's seconds, and whether the goals are reached."""
    rows: Rows = []
    ours: dict[tuple[str, str], float] = {}
    ratios: dict[tuple[str, str], float] = {}
    for key, path in images.items():
        name, syntax = key
        rounds = [measured("benchmarks.rendering", "warm", str(path), str(TIMES[name])) for _ in range(ROUNDS)]
        mine, usual = (min(min(found["seconds"][way]) for found in rounds) for way in ("ours", "usual"))
        ours[key], ratios[key] = mine, usual / mine
        first = "" if rows and syntax != next(iter(SYNTAXES)) else name
        rows.append([first, syntax, milliseconds(mine), milliseconds(usual), f"{usual / mine:.1f}x"])
    table(
        f"Bytes to JPEG, warm: the least of {ROUNDS} processes' times, in turn with pydicom + pylibjpeg",
        ["image", "transfer syntax", "ms", "usual, ms", "faster by"],
        rows,
    )
    reached = [
        goal(f"{name}, {syntax}: faster by", ratio, WARM.get(syntax, 1.0), at_least=True)
        for (name, syntax), ratio in ratios.items()
    ]
    return ours, all(reached)


def _orthanc(images: dict[tuple[str, str], Path], ours: dict[tuple[str, str], float]) -> bool:
    """The same files from Orthanc, whose storage has been read before."""
    rows: Rows = []
    ratios: dict[str, float] = {}
    unable = []
    with orthanc.running() as server:
        if server is None:
            show("Orthanc is not installed: apt-get install orthanc")
            return True
        http = min(server.asked() for _ in range(20))
        for key, path in images.items():
            instance = server.upload(path)
            times = [server.rendered(instance, QUALITY) for _ in range(1 + TIMES[key[0]])][1:]
            if not times[0][1]:
                unable.append(f"{key[1]} ({key[0]})")
                continue
            theirs, mine = min(seconds for seconds, _ in times) - http, ours[key]
            rows.append([*key, milliseconds(mine), milliseconds(theirs), f"{theirs / mine:.1f}x"])
            ratios[", ".join(key)] = mine / theirs
        title = f"Against Orthanc {server.version}, GET /instances/…/rendered, less {milliseconds(http)} ms of HTTP"
    table(title, ["image", "transfer syntax", "ms", "Orthanc, ms", "faster by"], rows)
    if unable:
        show(f"  Orthanc cannot draw: {', '.join(unable)}")
    reached = [goal(f"{name}: time over Orthanc's", ratio, 1.0) for name, ratio in ratios.items()]
    return all(reached)


def _whole(images: dict[tuple[str, str], Path]) -> bool:
    """One file and a series, from the start of a program to its end."""
    theirs = peers.dicom2jpg()
    if theirs is None:
        show("dicom2jpg could not be installed: pip must reach an index that has it (benchmarks/dicom2jpg.txt)")
        return True
    rows: Rows = []
    ratios = {}
    series = SCRATCH / "series"
    series.mkdir()
    for number in range(SERIES):
        build_image(series / f"{number}.dcm", SYNTAXES["uncompressed"], [anatomy(512, 512, number)])
    inputs = {name: images[name, "uncompressed"] for name in SIZES} | {f"{SERIES} files of 512 x 512": series}
    for name, path in inputs.items():
        commands = {"ours": [*peers.OURS, str(path), "-o", "ours"], "peer": [*theirs, str(path), "dicom2jpg"]}
        times: dict[str, list[float]] = {way: [] for way in commands}
        for _ in range(5):
            for way, command in commands.items():
                times[way].append(peers.seconds_of(command))
        mine, peer = min(times["ours"]), min(times["peer"])
        ratios[name] = peer / mine
        rows.append([name, milliseconds(mine), milliseconds(peer), f"{peer / mine:.1f}x"])
    table("Uncompressed, whole process: the least of 5", ["input", "ms", "dicom2jpg, ms", "faster by"], rows)
    reached = [goal(f"{name}: faster by", ratio, WHOLE, at_least=True) for name, ratio in ratios.items()]
    return all(reached)


def _many(images: dict[tuple[str, str], Path]) -> bool:
    """Many mixed files: all in one run with two jobs, against a run of DCMTK's program for each."""
    program = peers.dcmj2pnm()
    if program is None:
        show("dcmj2pnm is not installed: apt-get install dcmtk")
        return True
    shipped = Path(str(get_testdata_file("CT_small.dcm", download=False))).parent
    small = [path for (name, _), path in images.items() if name.startswith("512")]
    able = list(_able(program, sorted(shipped.glob("*.dcm")) + small))
    folder = SCRATCH / "many"
    folder.mkdir()
    for number, path in zip(range(MANY), _around(able), strict=False):
        shutil.copyfile(path, folder / f"{number:03}.dcm")
    files = sorted(folder.iterdir())
    ours, theirs = [], []
    for _ in range(3):
        ours.append(peers.seconds_of([*peers.OURS, str(folder), "-o", "drawn", "--jobs", "2"]))
        theirs.append(sum(peers.seconds_of([program, "+oj", str(file), "dcmtk.jpg"]) for file in files))
    mine, peer = median(ours), median(theirs)
    table(
        f"{MANY} files ({len(able)} different ones): medians of 3 interleaved rounds",
        ["way", "s", "files/s"],
        [
            ["serverless-dicom convert --jobs 2", f"{mine:.2f}", f"{MANY / mine:.0f}"],
            [f"{MANY} x dcmj2pnm", f"{peer:.2f}", f"{MANY / peer:.0f}"],
        ],
    )
    return goal("time over that of dcmj2pnm", mine / peer, 1.0)


def _able(program: str, paths: list[Path]) -> Iterator[Path]:
    """Those of the files that both programs draw."""
    peers.seconds_of([*peers.OURS, *map(str, paths), "-o", "able"], fails=True)
    for path in paths:
        picture = SCRATCH / "able.jpg"
        peers.seconds_of([program, "+oj", str(path), str(picture)], fails=True)
        if picture.exists() and (SCRATCH / "able" / f"{path.name}.jpg").exists():
            yield path
        picture.unlink(missing_ok=True)


def _around(paths: list[Path]) -> Iterator[Path]:
    while True:
        yield from paths


def _far() -> bool:
    """One frame of a large object behind HTTP and in S3, against the same frame alone."""
    rows: Rows = []
    figures: list[tuple[str, float, float]] = []
    pixels = anatomy(512, 512)
    with serving(SCRATCH) as (endpoint, traffic):
        for syntax in ("uncompressed", "JPEG 2000"):
            alone = build_stream(SCRATCH / "alone.dcm", SYNTAXES[syntax], pixels, 1, 1)
            frames = GIGABYTE // alone.stat().st_size
            large = build_stream(SCRATCH / "large.dcm", SYNTAXES[syntax], pixels, frames, frames // 2)
            for way in ("http", "s3"):
                times, peaks, bodies = {}, {}, {}
                for path, frame in ((alone, 1), (large, frames // 2)):
                    url = f"{endpoint}/{BUCKET}/{path.name}"
                    arguments = ("fetch", way, url, str(frame), "10")
                    rounds = []
                    for _ in range(ROUNDS):
                        traffic.take(path.name)
                        rounds.append(measured("benchmarks.rendering", *arguments, AWS_ENDPOINT_URL=endpoint))
                    bodies[path] = traffic.take(path.name)
                    times[path] = min(min(found["seconds"]["ours"]) for found in rounds)
                    peaks[path] = min(found["peak"] for found in rounds)
                    rows.append(
                        [
                            f"{way}, {syntax}" if path is alone else "",
                            f"frame {frame:,} of {size(path.stat().st_size)}",
                            size(sum(bodies[path]) / 11),
                            f"{len(bodies[path]) / 11:g}",
                            milliseconds(times[path]),
                            size(peaks[path]),
                        ]
                    )
                name = f"{way}, {syntax}"
                figures.append((f"{name}: time over that of the frame alone", times[large] / times[alone], WITHIN))
                figures.append((f"{name}: peak memory over that", peaks[large] / peaks[alone], PEAK))
    table(
        "One 512 x 512 frame by ranges: the least of 10 times",
        ["from", "object", "bytes read", "requests", "ms", "peak memory"],
        rows,
    )
    reached = [goal(*figure) for figure in figures]
    return all(reached)


def _cine() -> bool:
    """Frames a second of a stream, on one core."""
    pixels = [anatomy(512, 512, seed) for seed in range(6)]
    rows: Rows = []
    for syntax in CINE:
        frames = [pixels[number % len(pixels)] for number in range(CINE_FRAMES)]
        path = build_image(SCRATCH / "cine.dcm", SYNTAXES[syntax], frames)
        found = measured("benchmarks.rendering", "cine", str(path), "3")["seconds"]
        mine, usual = min(found["ours"]), min(found["usual"])
        rows.append([syntax, f"{1 / mine:,.0f}", f"{1 / usual:,.0f}", f"{usual / mine:.1f}x"])
    table(
        f"Cine, 512 x 512, {CINE_FRAMES} frames to JPEG on one core",
        ["transfer syntax", "frames/s", "usual, frames/s", "faster by"],
        rows,
    )
    return True
