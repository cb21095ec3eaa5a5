"""Settings of all tests."""

from __future__ import annotations

from hypothesis import settings

# What a case costs says how busy the machine is and whether a kernel was compiled just now, not whether it is right.
settings.register_profile("rongan", deadline=None)
settings.load_profile("rongan")
