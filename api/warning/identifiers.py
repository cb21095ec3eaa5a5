"""Identifiers of messages: `ZZZZZZDDDUUUXX_YYYYMMDDhhmmss_N`, 31 characters, where they can be; else our own form.

Source of the form: GB/T 35965.1-2018, rule of values of warning information: six digits of the district, three of
the sector, three of the unit, two of extension, Beijing time, one digit that counts within the second.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from itertools import count

from api.warning.notice import BEIJING
from api.warning.profile import Profile

FORM = re.compile(r"(\d{6})(\d{3})(\d{3})(\d{2})_(\d{14})_(\d)", re.ASCII)


def identifier_of(area: str, sent: datetime, profile: Profile, taken: Callable[[str], bool]) -> str:
    """The first identifier of the area and second that is not taken.

    The form of 31 characters holds as long as there are digits left: where the ten of the last place are used up,
    the extension counts on, from the profile's to 99. After that, and for an area without a six-digit code under a
    profile without a district, the name is in a form of our own and as long as it must be.
    """
    moment = f"{sent.astimezone(BEIJING):%Y%m%d%H%M%S}"
    district = area if re.fullmatch(r"\d{6}", area, re.ASCII) else profile.district
    if district:
        for extension in range(int(profile.extension), 100):
            stem = f"{district}{profile.sector}{profile.unit}{extension:02d}_{moment}"
            for serial in range(10):
                if not taken(f"{stem}_{serial}"):
                    return f"{stem}_{serial}"
    stem = "RA-" + re.sub(r"[^0-9A-Za-z.-]", "-", area) + f"_{moment}"
    return next(name for name in (f"{stem}_{serial}" for serial in count()) if not taken(name))
