"""Float32 building blocks of the kernels: bit access, the inverse cube root, and the flow over one face.

Everything here is branch-free so that the row loops become vector code. `pow` and `cbrt` of the C library would stop
that (measured: ten times slower), hence the inverse cube root by bits and one fourth-order correction.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, types

from hazards.surface.compiled import kernel

intrinsic: Any = extending.intrinsic  # its stub hides that the typing context is passed by numba

# Contraction and reciprocals only: sums keep their order (the compensated ones rely on it), NaN and infinity stay.
FAST = {"contract", "arcp", "nsz"}

ZERO = np.float32(0.0)
HALF = np.float32(0.5)
ONE = np.float32(1.0)
FOUR = np.float32(4.0)
_SEED = np.float32(0x54A2FA8C)  # bits of x^(-1/3) are about this less a third of the bits of x
_THIRD = np.float32(1.0 / 3.0)
_SECOND_ORDER = np.float32(2.0 / 9.0)
_THIRD_ORDER = np.float32(14.0 / 81.0)
# Rounding of the depths of two cells and of their levels above a face, as a share of the depths: 5 units of 2^-24.
_LEVEL_ROUNDING = np.float32(3e-7)


@intrinsic
def bits_of(typing_context: Any, x: Any) -> Any:
    """The bits of a float32 as int32: for x >= 0 they rise with x, and NaN lies above infinity."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), generate


@intrinsic
def float_of(typing_context: Any, bits: Any) -> Any:
    """The float32 with these bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@kernel(fastmath=FAST)
def inverse_cube_root(x: np.float32) -> np.float32:
    """x^(-1/3) for 1e-30 < x < 1e30, relative error below 3e-5.

    y from the bits is good to some 3 %; with r = 1 - x y^3, x^(-1/3) = y (1 - r)^(-1/3), of which four terms are taken.
    """
    y = float_of(np.int32(_SEED - _THIRD * np.float32(bits_of(x))))
    r = ONE - x * y * y * y
    return y + y * r * (_THIRD + r * (_SECOND_ORDER + r * _THIRD_ORDER))


@kernel(fastmath=FAST)
def face_flow(
    q: np.float32,
    across: np.float32,
    h_left: np.float32,
    h_right: np.float32,
    z_left: np.float32,
    z_right: np.float32,
    z_face: np.float32,
    friction: np.float32,
    push: np.float32,
    half_dt: np.float32,
    flow_depth: np.float32,
    easing: np.float32,
) -> tuple[np.float32, np.float32]:
    """Flow per width over a face after one step (m2/s), and its speed (m/s).

    Bates et al. 2010 eq. 10-12 with friction by the whole flow (de Almeida and Bates 2013 eq. 8), and two changes:

    1. Friction is taken at the new flow: q_new (1 + b (|q_new| + c)) = Q with Q = q - m g h_f dt d_eta/dx,
       b = m g dt n^2 / h_f^(7/3) and c = sqrt(q^2 + p^2) - |q| for the flow `across` p, hence
       q_new = 2 Q / (s + sqrt(s^2 + 4 b |Q|)), s = 1 + b c. A film that starts to run does not overshoot then, however
       long the step against the time friction needs.
    2. Inertia is eased by m = max(1, (5/3)^2 Fr^2). Without convective acceleration waves run at sqrt(g h) only; where
       the kinematic celerity 5/3 u is more than that (Fr > 0.6) any disturbance of a steady flow grows without end
       (Whitham 1974, 3.1: kinematic waves must lie between the dynamic ones). With m they run at sqrt(m g h) >= 5/3 u.

    Neither changes the steady flow, which is Manning's. h_f = max(eta_left, eta_right) - z_face. Levels are taken
    relative to the face, so that a film on a high hill is not lost in the rounding of its altitude; a fall within
    rounding drives nothing, so that a lake stays at rest. `across` is the lesser of the flows along the face in its
    two cells (a film that falls into a channel does not feel the channel), `friction` g (n_left^2 + n_right^2), `push`
    g dt/dx, `half_dt` dt/2, `easing` (5/3)^2 / g.
    """
    above_left = h_left + (z_left - z_face)
    above_right = h_right + (z_right - z_face)
    head = max(above_left, above_right)
    rise = above_right - above_left
    rise = rise if abs(rise) > _LEVEL_ROUNDING * (h_left + h_right) else ZERO
    depth = max(head, flow_depth)
    y = inverse_cube_root(depth)
    inverse_depth = y * y * y
    whole = np.sqrt(q * q + across * across)
    old_speed = whole * inverse_depth
    ease = max(ONE, easing * old_speed * old_speed * inverse_depth)
    wanted = q - ease * push * depth * rise
    b = ease * half_dt * friction * (inverse_depth * inverse_depth * y)
    s = ONE + b * (whole - abs(q))
    q_new = (wanted + wanted) / (s + np.sqrt(s * s + FOUR * b * abs(wanted)))
    q_new = q_new if head > flow_depth else ZERO
    return q_new, abs(q_new) * inverse_depth
