"""A hint to the processor: an array entry that will be needed soon (numba)."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic


def _prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    """Begin to fetch the cache line of array[index], without waiting for it."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kind = signature.args[0]
        values = context.make_array(kind)(context, builder, given[0])
        place = context.cast(builder, given[1], signature.args[1], types.intp)
        pointer = cgutils.get_item_pointer(context, builder, kind, values, [place], wraparound=False)
        byte = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        hint = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [byte, number, number, number]), "llvm.prefetch.p0i8"
        )
        builder.call(hint, [builder.bitcast(pointer, byte), number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.none(array, index), code


prefetch: Any = intrinsic(_prefetch)  # called in kernels as prefetch(array, index)
