"""Which image set an instance comes into, by the documented key and what is there already."""

from typing import Any

import pytest

from local.healthimaging.levels import GROUPING
from tests.unit.local.healthimaging.conftest import SERIES, Bring, Client, instance


@pytest.mark.parametrize("keyword", ["StudyDate", "AccessionNumber", "PatientID", "StudyID", "SeriesNumber"])
def test_who_disagrees_in_the_key_is_not_primary(client: Client, bring: Bring, keyword: str) -> None:
    assert keyword in GROUPING
    different: dict[str, Any] = {keyword: "19990101" if keyword == "StudyDate" else "77"}
    job = bring(instance(1), instance(2, **different), instance(3))
    assert len(job.image_sets) == 2
    sets = [
        (set(client.instances(each)), client("GetImageSet", imageSetId=each)["isPrimary"]) for each in job.image_sets
    ]
    assert sets == [({f"{SERIES}.1", f"{SERIES}.3"}, True), ({f"{SERIES}.2"}, False)]
    (again,) = bring(instance(4, **different)).image_sets
    assert again not in job.image_sets
    assert client("GetImageSet", imageSetId=again)["isPrimary"] is False


@pytest.mark.parametrize("keyword", ["StudyTime", "Modality", "PatientName", "SeriesDescription"])
def test_who_disagrees_elsewhere_is_told_and_takes_the_value_that_is_there(
    client: Client, bring: Bring, keyword: str
) -> None:
    job = bring(instance(1, **{keyword: "101010"}), instance(2, **{keyword: "202020"}))
    (image_set,) = job.image_sets
    document = client.metadata(image_set)
    (series,) = document["Study"]["Series"].values()
    levels = document["Patient"]["DICOM"] | document["Study"]["DICOM"] | series["DICOM"]
    assert levels[keyword] == "101010"
    assert list(job.warnings.values()) == [["CoercionOfDataElements"]]


def test_padding_is_no_difference(bring: Bring) -> None:
    assert len(bring(instance(1, StudyID="S"), instance(2, StudyID="S ")).image_sets) == 1


def test_a_later_job_adds_to_the_primary_image_set(client: Client, bring: Bring) -> None:
    (first,) = bring(instance(1)).image_sets
    (second,) = bring(instance(2)).image_sets
    assert second == first
    properties = client("GetImageSet", imageSetId=first)
    assert (properties["versionId"], properties["imageSetWorkflowStatus"]) == ("2", "IMPORTED")
    assert set(client.instances(first)) == {f"{SERIES}.1", f"{SERIES}.2"}
    assert set(client.instances(first, versionId="1")) == {f"{SERIES}.1"}


def test_what_comes_again_is_a_new_version(client: Client, bring: Bring) -> None:
    (image_set,) = bring(instance(1)).image_sets
    assert bring(instance(1)).image_sets == [image_set]
    assert client("GetImageSet", imageSetId=image_set)["versionId"] == "2"
    for version in ("1", "2"):
        (only,) = client.instances(image_set, versionId=version).values()
        assert client.frame(image_set, only["ImageFrames"][0]["ID"])[1] == "image/jph"


@pytest.mark.parametrize("at_once", [True, False])
def test_another_object_under_the_same_uid_is_not_primary(client: Client, bring: Bring, at_once: bool) -> None:
    old, new = instance(1, ImageComments="old"), instance(1, ImageComments="new")
    if at_once:
        primary, other = bring(old, instance(2), new, instance(3), old).image_sets
    else:
        (primary,), (other,) = bring(old, instance(2), instance(3)).image_sets, bring(new).image_sets
    sets = [
        (each, client("GetImageSet", imageSetId=each)["isPrimary"], client.instances(each)) for each in (primary, other)
    ]
    assert [(is_primary, set(found)) for _, is_primary, found in sets] == [
        (True, {f"{SERIES}.{number}" for number in (1, 2, 3)}),
        (False, {f"{SERIES}.1"}),
    ]
    assert [found[f"{SERIES}.1"]["DICOM"]["ImageComments"] for *_, found in sets] == ["old", "new"]


def test_another_series_of_the_study_has_to_agree_with_it(client: Client, bring: Bring) -> None:
    bring(instance(1))
    agrees, disagrees = bring(
        instance(2, SeriesInstanceUID="1.8", SeriesNumber=8), instance(3, SeriesInstanceUID="1.9", PatientID="other")
    ).image_sets
    assert client("GetImageSet", imageSetId=agrees)["isPrimary"] is True
    assert client("GetImageSet", imageSetId=disagrees)["isPrimary"] is False


def test_after_the_primary_image_set_is_deleted_another_is(client: Client, bring: Bring, imaging: Any) -> None:
    (first,) = bring(instance(1)).image_sets
    client("DeleteImageSet", imageSetId=first)
    imaging.settle()
    (second,) = bring(instance(1, StudyID="S9")).image_sets
    assert client("GetImageSet", imageSetId=second)["isPrimary"] is True
