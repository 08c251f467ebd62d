"""A vector of 32 single-precision channels for Numba, so that scan kernels use the CPU's SIMD units.

LLVM's automatic vectoriser gives up on the scan: the recurrence reads and writes several
small arrays that it cannot prove to be distinct. Here the channels of a block are one LLVM
vector value; LLVM maps it to whatever the processor has (AVX-512, AVX2, SSE, NEON).

Inside ``numba.njit`` code: ``load(array, offset)``, ``store(array, offset, vector)``,
``prefetch(array, offset)``, ``broadcast(scalar)``, ``total(vector)``,
``exp2_nonpositive(vector)``, ``softplus(vector)`` and the operators ``+``, ``-`` and ``*`` between vectors. Arrays are one-dimensional,
C-contiguous and float32; offsets count elements and are not checked.
"""

from __future__ import annotations

import math
import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

CHANNELS = 32

_FLOATS = ir.VectorType(ir.FloatType(), CHANNELS)
_INTS = ir.VectorType(ir.IntType(32), CHANNELS)
# Lets LLVM fuse a product and a sum into one instruction; nothing else is relaxed.
_FUSE = ("contract",)
_CACHE_LINE_BYTES = 64


class ChannelVector(types.Type):
    """Numba type of a vector of ``CHANNELS`` float32 values."""

    def __init__(self):
        super().__init__(name="ChannelVector")


channel_vector = ChannelVector()


@register_model(ChannelVector)
class _ChannelVectorModel(models.PrimitiveModel):
    def __init__(self, data_model_manager, numba_type):
        super().__init__(data_model_manager, numba_type, _FLOATS)


def _constant(value: float) -> ir.Constant:
    return ir.Constant(_FLOATS, [value] * CHANNELS)


def _int_constant(value: int) -> ir.Constant:
    return ir.Constant(_INTS, [value] * CHANNELS)


def _pointer(context, builder, array_type, array, offset):
    data = cgutils.create_struct_proxy(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [offset]), _FLOATS.as_pointer())


@intrinsic
def load(typing_context, array, offset):
    """``array[offset : offset + 32]`` as a vector."""

    def build(context, builder, signature, arguments):
        pointer = _pointer(context, builder, signature.args[0], *arguments)
        vector = builder.load(pointer)
        vector.align = 4
        return vector

    return channel_vector(array, types.intp), build


@intrinsic
def store(typing_context, array, offset, vector):
    """``array[offset : offset + 32] = vector``."""

    def build(context, builder, signature, arguments):
        pointer = _pointer(context, builder, signature.args[0], arguments[0], arguments[1])
        builder.store(arguments[2], pointer).align = 4
        return context.get_dummy_value()

    return types.void(array, types.intp, channel_vector), build


@intrinsic
def prefetch(typing_context, array, offset):
    """Ask for the 128 bytes at ``array[offset]``; any offset will do, also outside the array."""

    def build(context, builder, signature, arguments):
        first = _pointer(context, builder, signature.args[0], *arguments)
        first = builder.bitcast(first, ir.IntType(8).as_pointer())
        second = builder.gep(first, [ir.Constant(ir.IntType(64), _CACHE_LINE_BYTES)])
        flag = ir.IntType(32)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch",
            (first.type,),
            ir.FunctionType(ir.VoidType(), [first.type, *[flag] * 3]),
        )
        # To be read, wanted in all caches, data.
        hints = [ir.Constant(flag, value) for value in (0, 3, 1)]
        for pointer in (first, second):
            builder.call(function, [pointer, *hints])
        return context.get_dummy_value()

    return types.void(array, types.intp), build


@intrinsic
def broadcast(typing_context, scalar):
    """A vector with the same value in every channel."""

    def build(context, builder, signature, arguments):
        single = builder.insert_element(
            ir.Constant(_FLOATS, ir.Undefined), arguments[0], ir.Constant(ir.IntType(32), 0)
        )
        return builder.shuffle_vector(single, ir.Constant(_FLOATS, ir.Undefined), _int_constant(0))

    return channel_vector(types.float32), build


@intrinsic
def total(typing_context, vector):
    """The sum over the 32 channels."""

    def build(context, builder, signature, arguments):
        reduce_type = ir.FunctionType(ir.FloatType(), [ir.FloatType(), _FLOATS])
        reduce = cgutils.get_or_insert_function(
            builder.module, reduce_type, f"llvm.vector.reduce.fadd.v{CHANNELS}f32"
        )
        zero = ir.Constant(ir.FloatType(), 0.0)
        return builder.call(reduce, [zero, arguments[0]], fastmath=("reassoc",))

    return types.float32(channel_vector), build


def _binary(method_name):
    @intrinsic
    def operation(typing_context, left, right):
        def build(context, builder, signature, arguments):
            return getattr(builder, method_name)(*arguments, flags=_FUSE)

        return channel_vector(channel_vector, channel_vector), build

    return operation


_add, _subtract, _multiply = _binary("fadd"), _binary("fsub"), _binary("fmul")


def _overload_operator(symbol, operation):
    @overload(symbol)
    def overloaded(left, right):
        if left is channel_vector and right is channel_vector:
            return lambda left, right: operation(left, right)


for _symbol, _operation in (
    (operator.add, _add),
    (operator.sub, _subtract),
    (operator.mul, _multiply),
):
    _overload_operator(_symbol, _operation)


def _polynomial(builder, x, coefficients):
    """Horner's scheme, highest power first."""
    value = _constant(coefficients[0])
    for coefficient in coefficients[1:]:
        product = builder.fmul(value, x, flags=_FUSE)
        value = builder.fadd(product, _constant(coefficient), flags=_FUSE)
    return value


# (2^f - 1) / f for |f| <= 1/2, relative error 1.1e-8. So that small exponents, of which a scan
# multiplies thousands, keep their digits it is not 2^f itself that is approximated.
_EXP2 = (0.000154035127, 0.00133907356, 0.00961823749, 0.0555035743, 0.240226498, 0.693147188)
# log(1 + z) / z for 0 <= z <= 1, relative error 3e-8.
_LOG1P = (
    0.00523269371, -0.0295052401, 0.078225961, -0.136632473, 0.191060079, -0.248429827,
    0.333190969, -0.499994931, 0.99999997,
)  # fmt: skip
# Added to a small float32 it leaves the nearest whole number in the lowest bits.
_ROUNDING = 1.5 * 2.0**23
_MANTISSA_BITS = 23


def _build_exp2_nonpositive(builder, x):
    # 2^x = 2^i * 2^f with i whole and |f| <= 1/2; adding i to the exponent bits multiplies by 2^i.
    lowest = _constant(-125.0)
    x = builder.select(builder.fcmp_ordered(">", x, lowest), x, lowest)
    shifted = builder.fadd(x, _constant(_ROUNDING))
    f = builder.fsub(x, builder.fsub(shifted, _constant(_ROUNDING)))
    p = builder.fmul(f, _polynomial(builder, f, _EXP2), flags=_FUSE)
    p = builder.fadd(p, _constant(1.0), flags=_FUSE)
    i = builder.shl(builder.bitcast(shifted, _INTS), _int_constant(_MANTISSA_BITS))
    return builder.bitcast(builder.add(builder.bitcast(p, _INTS), i), _FLOATS)


@intrinsic
def exp2_nonpositive(typing_context, vector):
    """2^x for x <= 0, relative error about 1e-7; x below -125 counts as -125."""

    def build(context, builder, signature, arguments):
        return _build_exp2_nonpositive(builder, arguments[0])

    return channel_vector(channel_vector), build


@intrinsic
def softplus(typing_context, vector):
    """log(1 + exp(x)), relative error about 1e-7."""

    def build(context, builder, signature, arguments):
        (x,) = arguments
        positive = builder.fcmp_ordered(">", x, _constant(0.0))
        zero = _constant(0.0)
        magnitude = builder.select(positive, x, builder.fneg(x))
        z = _build_exp2_nonpositive(builder, builder.fmul(magnitude, _constant(-1 / math.log(2))))
        logarithm = builder.fmul(z, _polynomial(builder, z, _LOG1P), flags=_FUSE)
        return builder.fadd(builder.select(positive, x, zero), logarithm, flags=_FUSE)

    return channel_vector(channel_vector), build
