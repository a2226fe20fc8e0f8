"""export: everything that was asked for is there, or the report says what is missing and why."""

import json
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from serverless_dicom.archive.client import HealthImaging
from serverless_dicom.archive.exporting import ImageSetRef, Wanted, export
from serverless_dicom.archive.fetching import Fetcher
from serverless_dicom.archive.folder import Folder
from serverless_dicom.archive.frame_calls import Asked
from serverless_dicom.archive.rates import UNLIMITED
from serverless_dicom.archive.report import Outcome, Report
from serverless_dicom.imageset.pixels import Buffer
from tests.image_sets import DATASTORE, IMAGE_SET, DataStore, Set, encoded, frame_id, noise
from tests.peers import refusal

REFS = [ImageSetRef(IMAGE_SET)]


def archive(store: DataStore) -> HealthImaging:
    return HealthImaging(store, DATASTORE, rates=UNLIMITED, sleep=lambda _: None)


def study(count: int = 6) -> DataStore:
    """An image set of single frames, a two-frame one, a multi-frame one and a report without any."""
    built = Set()
    for number in range(1, count + 1):
        built.add(f"1.2.{number}", noise(9, 7, seed=number), number=str(number))
    built.add("1.2.100", noise(9, 7), noise(9, 7, seed=2), number="100")
    built.add("1.2.101", *(noise(5, 5, 3, dtype="u1", seed=seed) for seed in range(20)), number="101")
    built.add("1.2.102", number="102", Modality="SR")
    return DataStore([built])


def run(store: DataStore, folder: Path, wanted: Wanted | None = None, **options: Any) -> Report:
    return export(archive(store), options.pop("refs", REFS), Folder(folder), wanted or Wanted(), **options)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_instance_is_written_whatever_it_holds(tmp_path: Path) -> None:
    report = run(study(), tmp_path)

    assert report.complete
    assert sorted(files(tmp_path)) == sorted(f"1.2.{number}.dcm" for number in (*range(1, 7), 100, 101, 102))
    assert np.array_equal(dcmread(tmp_path / "1.2.3.dcm").pixel_array, noise(9, 7, seed=3))
    assert np.array_equal(dcmread(tmp_path / "1.2.100.dcm").pixel_array[1], noise(9, 7, seed=2))
    cine = dcmread(tmp_path / "1.2.101.dcm").pixel_array
    assert all(np.array_equal(cine[seed], noise(5, 5, 3, dtype="u1", seed=seed)) for seed in range(20))
    assert dcmread(tmp_path / "1.2.102.dcm").Modality == "SR"


def test_compressed_frames_are_kept_when_that_is_wanted(tmp_path: Path) -> None:
    assert run(study(), tmp_path, Wanted(keep_compressed=True)).complete
    assert dcmread(tmp_path / "1.2.101.dcm").file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.202"


def test_pictures_are_one_a_frame_and_none_of_what_has_no_frames(tmp_path: Path) -> None:
    report = run(study(1), tmp_path, Wanted(format="png"))

    assert report.complete
    assert sorted(files(tmp_path)) == sorted(
        ["1.2.1.png", "1.2.100.png", "1.2.100.f2.png", "1.2.101.png", *(f"1.2.101.f{n}.png" for n in range(2, 21))]
    )
    assert [one.sop_instance_uid for one in report.of("without_pictures")] == ["1.2.102"]
    with Image.open(tmp_path / "1.2.101.f3.png") as picture:
        assert np.array_equal(np.asarray(picture), noise(5, 5, 3, dtype="u1", seed=2))


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    for wanted in (Wanted(), Wanted(format="jpg"), Wanted(keep_compressed=True)):
        folder, store = tmp_path / f"{wanted.format}{wanted.keep_compressed}", study()
        run(store, folder, wanted)
        before, fetched = files(folder), store.count("get_image_frame")

        report = run(store, folder, wanted)

        assert report.complete
        assert len(report.of("present")) == (8 if wanted.format == "jpg" else 9)
        assert store.count("get_image_frame") == fetched
        assert files(folder) == before
        assert run(store, folder, Wanted(format=wanted.format, again=True)).of("written")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: data[:0],
        lambda data: data[:400],
        lambda data: data.replace(b"PAT-4711", b"PAT-4712"),
    ],
)
@pytest.mark.parametrize("wanted", [Wanted(), Wanted(keep_compressed=True)])
def test_a_file_that_is_not_what_would_be_written_is_written_anew(
    tmp_path: Path, spoil: Callable[[bytes], bytes], wanted: Wanted
) -> None:
    store = study()
    run(store, tmp_path, wanted)
    good = files(tmp_path)
    for name, data in good.items():
        (tmp_path / name).write_bytes(spoil(data))

    report = run(store, tmp_path, wanted)

    assert len(report.of("written")) == 9
    assert files(tmp_path) == good


def test_an_export_of_another_form_replaces_the_first(tmp_path: Path) -> None:
    store = study()
    run(store, tmp_path, Wanted(keep_compressed=True))
    report = run(store, tmp_path)

    assert {one.sop_instance_uid for one in report.of("present")} == {"1.2.102"}
    assert dcmread(tmp_path / "1.2.101.dcm").file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


def test_a_corrupt_frame_is_fetched_twice_then_named_and_all_else_is_written(tmp_path: Path) -> None:
    store = study()
    store.sets[0].frames[frame_id(3)] = encoded(noise(9, 7, seed=77))

    report = run(store, tmp_path)

    (failed,) = report.of("failed")
    assert (failed.sop_instance_uid, failed.code, failed.frame) == ("1.2.3", "frame_corrupt", (1, frame_id(3)))
    assert (
        sum(wanted.get("imageFrameInformation", {}).get("imageFrameId") == frame_id(3) for _, wanted in store.calls)
        == 2
    )
    assert (len(report.of("written")), report.json["status"]) == (8, "partial")
    assert "1.2.3.dcm" not in files(tmp_path)
    assert not [name for name in files(tmp_path) if name.endswith(".part")]


def test_a_frame_that_is_kept_is_decoded_for_its_checksum_when_that_is_wanted(tmp_path: Path) -> None:
    store = study()
    store.sets[0].frames[frame_id(3)] = encoded(noise(9, 7, seed=77))
    store.sets[0].frames[frame_id(4)] = encoded(noise(9, 8))
    store.sets[0].frames[frame_id(5)] = encoded(noise(9, 7, seed=5))[:-40]

    without = run(store, tmp_path / "a", Wanted(keep_compressed=True))
    checked = run(store, tmp_path / "b", Wanted(keep_compressed=True, check=True))

    assert sorted(one.sop_instance_uid for one in without.of("failed")) == ["1.2.4", "1.2.5"]
    assert sorted(one.sop_instance_uid for one in checked.of("failed")) == ["1.2.3", "1.2.4", "1.2.5"]


def test_a_frame_that_is_not_there_is_named_in_the_report_for_programs(tmp_path: Path) -> None:
    store = study()
    del store.sets[0].frames[frame_id(8)]

    report = json.loads(json.dumps(run(store, tmp_path).json))

    assert report["counts"] == {"written": 8, "present": 0, "withoutPictures": 0, "failed": 1}
    (failed,) = report["failed"]
    assert (failed["SOPInstanceUID"], failed["frame"], failed["frameId"]) == ("1.2.100", 2, frame_id(8))
    assert failed["code"] == "frame_not_found"


def test_a_frame_that_fails_now_and_then_is_tried_again(tmp_path: Path) -> None:
    store, lock, seen = study(), threading.Lock(), dict[str, int]()

    def before(name: str, wanted: dict[str, Any]) -> None:
        with lock:
            key = f"{name}{wanted.get('imageFrameInformation')}"
            seen[key] = seen.get(key, 0) + 1
            if seen[key] < 3:
                raise refusal("ThrottlingException" if seen[key] == 1 else "InternalServerException")

    store.before = before
    assert run(store, tmp_path).complete


def test_an_export_that_was_stopped_says_so_and_goes_on_when_it_is_run_again(tmp_path: Path) -> None:
    store, told = study(40), list[Outcome]()

    report = run(store, tmp_path, threads=2, tell=told.append, stop=lambda: "time is up" if len(told) > 5 else "")

    assert (report.stopped, report.json["status"]) == ("time is up", "partial")
    assert 5 < len(report.of("written")) < 43
    again = run(store, tmp_path)
    assert again.complete
    assert len(again.of("present")) == len(report.of("written"))
    assert len(files(tmp_path)) == 43


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl+C interrupts, also where whoever runs the tests in the background has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_it_and_leaves_no_half_of_a_file(tmp_path: Path) -> None:
    store, told = study(40), list[Outcome]()

    def tell(outcome: Outcome) -> None:
        told.append(outcome)
        if len(told) == 6:
            os.kill(os.getpid(), signal.SIGINT)  # as Ctrl+C does

    with pytest.raises(KeyboardInterrupt):
        run(store, tmp_path, threads=2, tell=tell)

    found = files(tmp_path)
    assert 5 < len(found) < 43
    assert all(name.endswith(".dcm") for name in found)
    assert run(store, tmp_path).complete


def test_what_a_killed_export_left_is_removed_and_what_a_running_one_writes_is_not(tmp_path: Path) -> None:
    dead, alive = tmp_path / ".1.2.3.dcm.4194304.part", tmp_path / ".1.2.3.dcm.1.part"
    for path in (dead, alive):
        path.write_bytes(b"half of a file")

    run(study(), tmp_path)

    assert (dead.exists(), alive.exists()) == (False, True)


def test_an_image_set_that_is_not_there_does_not_stop_the_others(tmp_path: Path) -> None:
    report = run(study(), tmp_path, refs=[ImageSetRef("b" * 32), *REFS])

    (failed,) = report.of("failed")
    assert (failed.image_set_id, failed.code) == ("b" * 32, "image_set_not_found")
    assert len(report.of("written")) == 9


def test_nothing_at_all_is_a_failure_and_not_partial(tmp_path: Path) -> None:
    assert run(study(), tmp_path, refs=[ImageSetRef("b" * 32)]).json["status"] == "failed"


def test_instances_of_one_name_are_not_written_over_each_other(tmp_path: Path) -> None:
    store = study(1)
    store.sets[0].add("1.2.1", noise(3, 3), series="1.2.3.999")

    report = run(store, tmp_path)

    assert [one.code for one in report.of("failed")] == ["invalid_identifier"]


@pytest.mark.parametrize("uid", ["../../escaped", "/etc/escaped", "1.2/../../escaped"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, uid: str) -> None:
    store = study(1)
    store.sets[0].add(uid, noise(3, 3))

    report = run(store, tmp_path / "out")

    assert [one.code for one in report.of("failed")] == ["invalid_identifier"]
    assert not list(tmp_path.rglob("*escaped*"))


def test_a_folder_that_takes_no_files_is_told_for_each(tmp_path: Path) -> None:
    store = study(1)
    folder = Folder(tmp_path / "out")
    (tmp_path / "out").rmdir()
    (tmp_path / "out").write_bytes(b"")

    report = export(archive(store), REFS, folder)

    assert {one.code for one in report.of("failed")} == {"unwritable"}
    assert len(report.of("failed")) == 4


def test_elements_that_had_to_be_left_out_are_told(tmp_path: Path) -> None:
    store = study(1)
    store.sets[0].add("1.2.9", noise(3, 3), StudyComments={"no": "text"})

    report = run(store, tmp_path).json

    assert report["remarks"] == {"1.2.9": ["(0032,4000) the value is no text"]}
    assert report["status"] == "complete"


class Slow(Folder):
    """A folder of a slow disk, and the threads that wrote into it."""

    def __init__(self, path: Path, seconds: float = 0.02) -> None:
        super().__init__(path)
        self.threads, self.seconds = set[int](), seconds

    def keep(self, name: str, pieces: Iterable[Buffer]) -> None:
        time.sleep(self.seconds)
        self.threads.add(threading.get_ident())
        super().keep(name, pieces)


def test_more_threads_write_where_each_has_to_wait_for_the_disk(tmp_path: Path) -> None:
    folder = Slow(tmp_path)
    report = export(archive(study(60)), REFS, folder, Wanted(keep_compressed=True), threads=4)

    assert report.complete
    assert 2 <= len(folder.threads) <= 4


def test_another_thread_helps_where_one_has_to_wait_long_for_a_frame(tmp_path: Path) -> None:
    def before(_: str, wanted: dict[str, Any]) -> None:
        late = wanted.get("imageFrameInformation", {}).get("imageFrameId") == frame_id(1)
        time.sleep(0.3 if late else 0)

    built = Set()
    for number in range(1, 61):
        built.add(f"1.2.{number}", noise(9, 7, seed=number), number=str(number))
    store, folder = DataStore([built], before=before), Slow(tmp_path, seconds=0.001)

    assert export(archive(store), REFS, folder, Wanted(keep_compressed=True), ahead=8).complete
    assert len(folder.threads) >= 2


def test_a_frame_that_cannot_even_be_asked_for_does_not_stop_the_rest(tmp_path: Path) -> None:
    class Odd(HealthImaging):
        def ask(self, image_set_id: str, frame: str) -> Asked:
            if frame == frame_id(3):
                raise RuntimeError("credentials of a kind of their own")
            return super().ask(image_set_id, frame)

    report = export(Odd(study(), DATASTORE, rates=UNLIMITED), REFS, Folder(tmp_path), memory=1)

    (failed,) = report.of("failed")
    assert (failed.sop_instance_uid, failed.code) == ("1.2.3", "unexpected")
    assert len(report.of("written")) == 8


def test_frames_that_were_asked_for_are_given_up_where_an_export_stops(tmp_path: Path) -> None:
    under_way: set[str] = set()

    class Sent(HealthImaging):
        def ask(self, image_set_id: str, frame: str) -> Asked:
            asked = super().ask(image_set_id, frame)
            under_way.add(frame)

            def answer() -> bytes:
                under_way.remove(frame)
                return asked.answer()

            return Asked(answer, lambda: under_way.discard(frame), is_sent=True)

    store, most, told = study(40), list[int](), list[Outcome]()

    def stop() -> str:
        most.append(len(under_way))
        return "time is up" if len(told) > 5 else ""

    report = export(
        Sent(store, DATASTORE, rates=UNLIMITED), REFS, Folder(tmp_path), ahead=16, tell=told.append, stop=stop
    )

    assert report.stopped
    assert max(most) >= 16
    assert not under_way


def test_no_more_frames_are_under_way_than_are_asked_for_ahead(tmp_path: Path) -> None:
    store, gate = study(30), threading.Event()
    store.before = lambda *_: gate.wait(0.01) and None

    run(store, tmp_path, ahead=4)

    assert 2 <= store.most_under_way <= 4


def test_frames_wait_for_memory_and_one_that_is_larger_than_all_of_it_gets_it_alone(tmp_path: Path) -> None:
    store = study(30)
    store.before = lambda name, _: threading.Event().wait(0.002) and None if name == "get_image_frame" else None

    assert run(store, tmp_path, memory=1).complete
    assert store.most_under_way == 1


def test_warnings_are_ignored_while_frames_are_fetched_for_they_may_quote_a_header() -> None:
    with ThreadPoolExecutor(1) as thread:
        with Fetcher(archive(study())):
            thread.submit(warnings.warn, "Zzyzx^Quentin").result()
        with pytest.raises(UserWarning):
            thread.submit(warnings.warn, "heard").result()
