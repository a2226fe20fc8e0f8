"""Files -> shards that HealthImaging takes: folders as they lie where they fit, copies of the rest."""

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_dicom.archive.sharding import QUOTAS, Shard, StoredFile, packed, shards


def files(folder: str, number: int, size: int = 1) -> list[StoredFile]:
    return [StoredFile(f"{folder}{index:06}.dcm", size) for index in range(number)]


def shape(found: list[Shard]) -> list[tuple[str | None, int]]:
    return [(shard.prefix, len(shard.files)) for shard in found]


def test_given_what_fits_then_it_is_imported_as_it_lies() -> None:
    assert shape(shards("p/", files("p/", QUOTAS.files))) == [("p/", QUOTAS.files)]
    assert shape(shards("", files("a/", 3) + files("b/", 4))) == [("", 7)]


def test_given_more_than_fits_then_each_folder_that_fits_is_a_shard() -> None:
    found = shards("p/", files("p/a/", 3000) + files("p/b/", 4000) + files("p/c/x/", 10))
    assert shape(found) == [("p/b/", 4000), ("p/a/", 3000), ("p/c/", 10)]


def test_given_a_folder_that_is_too_large_then_its_own_folders_are_looked_at() -> None:
    found = shards("", files("a/b/1/", 4000) + files("a/b/2/", 4000) + files("c/", 1))
    assert shape(found) == [("a/b/1/", 4000), ("a/b/2/", 4000), ("c/", 1)]


def test_given_a_flat_folder_of_too_many_then_all_are_copied_in_as_few_shards_as_hold_them() -> None:
    assert shape(shards("p/", files("p/", 2 * QUOTAS.files + 1))) == [
        (None, QUOTAS.files),
        (None, QUOTAS.files),
        (None, 1),
    ]


def test_given_files_beside_folders_then_they_alone_are_copied() -> None:
    found = shards("p/", files("p/", 10) + files("p/a/", QUOTAS.files))
    assert shape(found) == [("p/a/", QUOTAS.files), (None, 10)]


def test_given_too_many_bytes_then_it_is_split_as_with_too_many_files() -> None:
    large = QUOTAS.size // 4
    assert shape(shards("p/", files("p/a/", 3, large) + files("p/b/", 2, large))) == [("p/a/", 3), ("p/b/", 2)]
    assert shape(shards("p/", files("p/", 5, large))) == [(None, 4), (None, 1)]


def test_given_a_file_that_is_too_large_then_it_is_in_no_shard_and_its_neighbours_are_copied() -> None:
    huge = StoredFile("p/a/huge.dcm", QUOTAS.file_size + 1)
    found = shards("p/", [*files("p/a/", 2), huge, *files("p/b/", 2)])
    assert shape(found) == [("p/b/", 2), (None, 2)]
    assert shards("p/", [huge]) == []


def test_given_many_small_folders_then_the_smallest_are_copied_together() -> None:
    found = shards("", [file for index in range(QUOTAS.jobs + 100) for file in files(f"{index:03}/", 60)])
    assert shape(found[: QUOTAS.jobs])[0][1] == 60
    assert [prefix for prefix, _ in shape(found)].count(None) == 2
    assert sum(len(shard.files) for shard in found) == (QUOTAS.jobs + 100) * 60


def test_given_a_prefix_that_no_uri_can_hold_then_its_files_are_copied() -> None:
    deep = "d/" * 450 + "e/"
    assert shape(shards(deep, files(deep, 2))) == [(None, 2)]


def test_given_names_that_begin_alike_then_folders_are_not_mixed() -> None:
    found = shards("p/", files("p/a/", 3000) + files("p/ab/", 3000))
    assert {shard.prefix for shard in found} == {"p/a/", "p/ab/"}
    for shard in found:
        assert all(file.key.startswith(str(shard.prefix)) for file in shard.files)


def test_a_list_is_packed_in_its_order() -> None:
    assert packed([]) == []
    assert shape(packed(files("", 3))) == [(None, 3)]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from("abc"), max_size=4), st.integers(1, 4500), st.sampled_from([1, 2_000_000])),
        min_size=1,
        max_size=6,
    )
)
def test_every_file_is_in_one_shard_and_every_shard_is_within_the_quotas(
    groups: list[tuple[list[str], int, int]],
) -> None:
    found = {
        file.key: file
        for at, (folders, number, size) in enumerate(groups)
        for file in files("".join(f"{name}/" for name in ["p", *folders]) + f"{at}-", number, size)
    }
    made = shards("p/", sorted(found.values(), key=lambda file: file.key))
    assert sorted(file.key for shard in made for file in shard.files) == sorted(found)
    for shard in made:
        assert 0 < len(shard.files) <= QUOTAS.files
        assert shard.size <= QUOTAS.size
        if shard.prefix is not None:  # all below it, and nothing else: HealthImaging takes what is there
            assert {key for key in found if key.startswith(shard.prefix)} == {file.key for file in shard.files}
