"""A frame for every decoder."""

from serverless_dicom.image.codecs import ORDER
from serverless_dicom.image.selftest import self_test
from serverless_dicom.image.syntaxes import FAMILIES, Family


def test_every_decoder_of_every_family_is_tried_and_works() -> None:
    found = self_test()

    assert set(found.values()) == {"ok"}
    tried = {tuple(name.split(": ")) for name in found}
    families = {FAMILIES[uid] for uid, _ in tried}
    assert families == set(Family) - {Family.NATIVE, Family.ENCAPSULATED_NATIVE, Family.DEFLATED}
    for uid in {uid for uid, _ in tried} & set(ORDER):
        assert {decoder for tried_uid, decoder in tried if tried_uid == uid} == set(ORDER[uid])
