"""Text -> the form in which it is compared: without case, accents, and what programs that read pictures mistake."""

from __future__ import annotations

import re
import unicodedata

LONG = 6
"""Letters of a word in which one may be wrong, missing or too many."""

_WORD = re.compile(r"[^\W_]+")
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_MISTAKEN = str.maketrans({"o": "0", "q": "0", "i": "1", "l": "1", "z": "2", "s": "5", "g": "6", "b": "8"})
_STROKES = str.maketrans({"|": "I", "!": "I"})


def folded(text: str) -> str:
    """Text in small letters without accents, full-width forms and ligatures."""
    small = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    bare = "".join(one for one in unicodedata.normalize("NFKD", small) if not unicodedata.combining(one))
    return unicodedata.normalize("NFC", bare)


def spelt_out(text: str) -> str:
    """Text with umlauts as two letters, as passports and old machines write them."""
    return unicodedata.normalize("NFC", text).lower().translate(_SPELT_OUT)


def words(text: str) -> tuple[str, ...]:
    """The runs of letters and digits in a text, folded."""
    return tuple(_WORD.findall(folded(text.translate(_STROKES))))


def shape(word: str) -> str:
    """What a folded word looks like: O and 0, I, l and 1, rn and m are the same."""
    return word.replace("rn", "m").replace("vv", "w").translate(_MISTAKEN)


def is_alike(shape_of_one: str, shape_of_other: str) -> bool:
    """Whether two shapes are of one word, of which one letter may differ if it is long."""
    if shape_of_one == shape_of_other:
        return True
    shorter, longer = sorted((shape_of_one, shape_of_other), key=len)
    if len(shorter) < LONG or len(longer) - len(shorter) > 1:
        return False
    same = next((at for at, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    return shorter[same + (len(shorter) == len(longer)) :] == longer[same + 1 :]


def is_written_in_letters(word: str) -> bool:
    """Whether a word has at least as many letters as digits: one may be mistaken for the other, but not all."""
    return 2 * sum(map(str.isdigit, word)) <= len(word)


def is_ideographic(text: str) -> bool:
    """Whether text is of a script in which one or two characters are a name, and no spaces part words."""
    return any("\u3040" <= one <= "\u9fff" or "\uac00" <= one <= "\ud7a3" for one in text)
