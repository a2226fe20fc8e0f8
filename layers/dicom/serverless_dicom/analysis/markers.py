"""What stands in many pictures and says nothing of a person: sides, views, measures, windows, numbers of slices."""

from __future__ import annotations

import re
from functools import lru_cache

from serverless_dicom.analysis.folding import folded, words

_SIDES = "l r a p h f s i al ar pl pr lt rt left right anterior posterior superior inferior head foot feet up down"
_VIEWS = (
    "ap pa lat lateral lao rao rpo lpo cc mlo ml lm lmo xccl oblique obl axial coronal sagittal ax cor sag tra "
    "trans transverse frontal dorsal ventral supine prone erect upright standing sitting decubitus portable mobile "
    "bedside weight bearing non flexion extension inspiration expiration internal external rotation swimmer view "
    "views post pre hfs hfp ffs ffp swimmers recumbent semi"
)
_BODY = (
    "hand wrist elbow arm shoulder finger thumb ankle knee leg hip pelvis chest thorax abdomen abd spine skull neck "
    "brain cervical lumbar thoracic sternum rib ribs lung lungs heart liver kidney bladder aorta carotid tibia "
    "fibula femur toe heel calcaneus patella breast cardiac vessel vein artery body extremity upper lower sinus "
    "orbit orbits bone"
)
_SCANS = (
    "ct mr mri us cr dx dr mg nm pt pet xa rf ot sc scan scout localizer topogram image images im img se ser series "
    "acq slice slices frame frames fr srs ex exam study page no nr of to x y z w c wl ww wc window level width "
    "center centre wnd lvl zoom mag fov dfov sfov matrix st sp thk thickness loc pos position tilt kv kvp ma mas "
    "mgy cgy dap dlp ctdi ctdivol tr te ti tse fse gre flair dwi adc dti swi epi mip mpr vr min max mean std dev sd "
    "avg area roi len length dist distance angle rot hu phase contrast iv oral cm mm um inch inches sec seconds ms "
    "hz mhz khz fps bpm hr db gain dyn range map depth mi tis tib tic thi pw cw color colour doppler persist filter "
    "filt recon kernel std soft lossy lossless jpeg compressed uncompressed compression original derived primary "
    "secondary magnified calibrated not for diagnostic use only reference test pattern quality control qc phantom "
    "simulated sample siemens ge philips toshiba canon hitachi fuji fujifilm agfa kodak carestream hologic samsung "
    "mindray medical systems signa optima lightspeed discovery somatom sensation definition magnetom avanto skyra "
    "ingenia achieva brilliance aquilion logiq vivid acuson epiq voluson r1 r2 v1 v2"
)
_OTHERS = "the and with without for in on at by from male female m f yr yrs year years old date time name patient id"

WORDS = frozenset(f"{_SIDES} {_VIEWS} {_BODY} {_SCANS} {_OTHERS}".split())
"""Words that are no sign of a person; folded."""

UNITS = "mm|cm|um|m|kv|kvp|ma|mas|ms|s|sec|min|hz|khz|mhz|fps|bpm|db|hu|mgy|ugy|cgy|gy|t|ml|kg|g|deg|in|px|%|x|°"

_MEASURE = re.compile(rf"(?<![\w.])[-+±]?\d+(?:[.,]\d+)?\s?(?:{UNITS})(?:[/*²³^]?\d*\w*)?(?!\w)")
_NUMBERED = re.compile(r"^[a-z]{0,4}\d{1,4}$")


def without_measures(text: str) -> str:
    """Folded text without its numbers that have units."""
    return _MEASURE.sub(" ", folded(text))


@lru_cache(maxsize=1024)
def is_marker(text: str) -> bool:
    """Whether a line says nothing of a person: markers, measures, and numbers that are no longer than a scale's."""
    return all(
        len(word) == 1 or word in WORDS or _NUMBERED.fullmatch(word) is not None
        for word in words(without_measures(text))
    )
