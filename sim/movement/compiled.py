"""How the kernels of movement are compiled."""

from __future__ import annotations

from typing import Any

# No reference counts: kernels get all their arrays from the caller and make none. With some seventy of them in hand,
# counting cost ten times what the work did. Small kernels become part of those that call them.
LOOP: dict[str, Any] = {"nogil": True, "cache": True, "_nrt": False}
PART: dict[str, Any] = {**LOOP, "forceinline": True}
