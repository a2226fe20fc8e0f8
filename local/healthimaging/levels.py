"""Which elements belong to the patient, the study and the series: HealthImaging keeps them once for an image set.

By the modules of PS3.3 that the guide's page on metadata normalisation names: Patient, Clinical Trial Subject (C.7.1);
General Study, Patient Study, Clinical Trial Study (C.7.2); General Series, Clinical Trial Series (C.7.3), General
Equipment (C.7.5.1) and Frame of Reference (C.7.4.1).
"""

from __future__ import annotations

from pydicom.datadict import keyword_for_tag

PATIENT_TAGS = (
    "00100010 00100020 00100021 00100022 00100024 00100026 00100027 00100030 00100032 00100033 00100034 00100035 "
    "00100040 00100200 00100212 00100213 00100216 00100218 00100219 00100221 00101000 00101001 00101002 00101100 "
    "00102160 00102201 00102202 00102292 00102293 00102294 00102297 00102298 00102299 00104000 00081120 00120010 "
    "00120020 00120021 00120022 00120023 00120030 00120031 00120032 00120040 00120041 00120042 00120043 00120062 "
    "00120063 00120064 00120081 00120082"
)
STUDY_TAGS = (
    "0020000D 00080020 00080030 00080050 00080051 00080090 00080096 0008009C 0008009D 00081030 00081032 00081048 "
    "00081049 00081060 00081062 00081080 00081084 00081110 00101010 00101020 00101021 00101022 00101023 00101024 "
    "00101030 00102000 00102110 00102180 001021A0 001021B0 001021C0 001021D0 00102203 00120050 00120051 00120052 "
    "00120053 00120054 00120055 00120083 00120084 00120085 00120086 00120087 00200010 00321033 00321034 00321066 "
    "00321067 00380010 00380014 00380060 00380062 00380064 00380500 00401012"
)
SERIES_TAGS = (
    "0020000E 00080021 00080031 00080060 00080070 00080080 00080081 00081010 0008103E 0008103F 00081040 00081041 "
    "00081050 00081052 00081070 00081072 00081090 00081111 00081250 00102210 00120060 00120071 00120072 00120073 "
    "00180015 00181000 00181002 00181008 0018100A 0018100B 00181020 00181030 00181050 00181200 00181201 00181202 "
    "00185100 00200011 00200052 00200060 00201040 00280108 00280109 00280120 00400275 300A0700"
)


def _keywords(tags: str) -> frozenset[str]:
    return frozenset(keyword_for_tag(int(tag, 16)) for tag in tags.split())


PATIENT, STUDY, SERIES = (_keywords(tags) for tags in (PATIENT_TAGS, STUDY_TAGS, SERIES_TAGS))

GROUPING = (
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "PatientID",
    "StudyDate",
    "AccessionNumber",
    "StudyID",
    "SeriesNumber",
)
"""What all instances of an image set agree in."""

OF_A_STUDY = ("PatientID", "StudyDate", "AccessionNumber", "StudyID")
"""What all primary image sets of a study agree in."""

LONGEST = {
    "PatientName": 256,
    "PatientID": 256,
    "PatientBirthDate": 18,
    "PatientSex": 16,
    "StudyInstanceUID": 256,
    "StudyID": 256,
    "StudyDescription": 256,
    "AccessionNumber": 256,
    "StudyDate": 18,
    "StudyTime": 28,
    "SOPInstanceUID": 256,
    "SeriesInstanceUID": 256,
}
"""Characters, by the guide's page on element constraints; longer ones are not imported."""
