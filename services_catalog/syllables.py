"""Whether a word could be Vietnamese: such a word is not "repaired" only because the catalogue lacks it."""

from __future__ import annotations

# Beginnings and ends of syllables without accents, with i for y, as search compares them.
_BEGINNINGS = "b c ch d g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
_ENDS = """
    a ac ach ai am an ang anh ao ap at au e ec ech em en eng enh eo ep et eu
    i ia ich iec iem ien ieng iep iet ieu im in inh ip it iu
    o oa oac oach oai oam oan oang oanh oao oap oat oc oe oen oeo oet oi om on ong ooc oong op ot
    u ua uan uang uanh uat uai uc ue uech uen uenh uet ui uia uich uien uiet uin uinh uit uiu um un ung uo uoc uoi
    uom uon uong uop uot uou up ut uu
"""
_SYLLABLES = {beginning + end for beginning in ("", *_BEGINNINGS.split()) for end in _ENDS.split()} | {"gi"}


def is_syllable(word: str) -> bool:
    """True for "ong", "tiem", "gach"; False for "snh", "khaisinh", "hkd"."""
    return word in _SYLLABLES
