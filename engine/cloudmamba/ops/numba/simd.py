"""Vectors of single-precision channels for Numba, so that kernels use the CPU's SIMD units.

LLVM's automatic vectoriser gives up on the scan: the recurrence reads and writes several
small arrays that it cannot prove to be distinct. Here 32 or 16 channels are one LLVM vector
value; LLVM maps it to whatever the processor has (AVX-512, AVX2, SSE, NEON).

Inside kernels: ``load(array, offset)``, ``store(array, offset, vector)``,
``copy_16(array, offset, array, offset)``, ``prefetch(array, offset)``, ``beyond(array, size)``,
``broadcast(scalar)``, ``broadcast_from(array, offset)``, ``total(vector)``,
``maximum(vector, vector)``, ``minimum(vector, vector)``, ``inverse_root(vector)``,
``exp2_nonpositive(vector, array)``, ``decay(vector, vector, array)``, ``softplus(vector, array)``,
``reciprocal_of_one_plus(vector, array)``, ``holds_bfloat16(array)``, and the operators ``+``,
``-``, ``*`` and ``/`` between vectors. ``load`` and ``broadcast`` make vectors of 32 channels,
``load_16`` and ``broadcast_16`` of 16. Arrays are pointers to float32, or to uint16 with the bits
of bfloat16 numbers, which are float32 in a vector; offsets count elements and are not checked. An
array given after the vectors is only asked for its type: numbers that come from bfloat16 have 8
bits, so that a short polynomial is exact enough for them, and faster.
"""

from __future__ import annotations

import math
import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

from cloudmamba.ops.numba.layout import CHANNELS, HALF_CHANNELS, SHORT_DECAY_VERTEX

_WORD = ir.IntType(32)
_HALF_WORD = ir.IntType(16)
# Lets LLVM fuse a product and a sum into one instruction; nothing else is relaxed.
_FUSE = ("contract",)
_CACHE_LINE_BYTES = 64
_HALF_BITS = 16
# Of bfloat16 numbers: the highest bit of the fraction.
_QUIET_NAN_BIT = 1 << 6


class ChannelVector(types.Type):
    """Numba type of a vector of ``lanes`` float32 values."""

    def __init__(self, lanes: int):
        self.lanes = lanes
        super().__init__(name=f"ChannelVector{lanes}")


channel_vector = ChannelVector(CHANNELS)
half_vector = ChannelVector(HALF_CHANNELS)


@register_model(ChannelVector)
class _ChannelVectorModel(models.PrimitiveModel):
    def __init__(self, data_model_manager, numba_type):
        vector = ir.VectorType(ir.FloatType(), numba_type.lanes)
        super().__init__(data_model_manager, numba_type, vector)


def _ints(vector) -> ir.VectorType:
    """The type of as many 32-bit integers as an LLVM vector (or its type) has lanes."""
    return ir.VectorType(_WORD, getattr(vector, "type", vector).count)


def _constant(vector, value: float) -> ir.Constant:
    """``value`` in every lane, as many as ``vector`` has."""
    return ir.Constant(vector.type, [value] * vector.type.count)


def _int_constant(vector, value: int) -> ir.Constant:
    return ir.Constant(_ints(vector), [value] * vector.type.count)


def _pointer(builder, array, offset, element_type):
    return builder.bitcast(builder.gep(array, [offset]), element_type.as_pointer())


@intrinsic
def beyond(typing_context, array, size):
    """What follows the first ``size`` numbers of an array."""

    def build(context, builder, signature, arguments):
        return builder.gep(arguments[0], [arguments[1]])

    return array(array, types.intp), build


def _load(vector_type):
    @intrinsic
    def load(typing_context, array, offset):
        def build(context, builder, signature, arguments):
            is_half = _holds_bfloat16(signature.args[0])
            element = _HALF_WORD if is_half else ir.FloatType()
            stored = ir.VectorType(element, vector_type.lanes)
            pointer = _pointer(builder, *arguments, stored)
            vector = builder.load(pointer)
            vector.align = 2 if is_half else 4
            if not is_half:
                return vector
            bits = builder.zext(vector, _ints(stored))
            bits = builder.shl(bits, _int_constant(bits, _HALF_BITS))
            return builder.bitcast(bits, ir.VectorType(ir.FloatType(), vector_type.lanes))

        return vector_type(array, types.intp), build

    load.__doc__ = f"``array[offset : offset + {vector_type.lanes}]`` as a vector."
    return load


load, load_16 = _load(channel_vector), _load(half_vector)


@intrinsic
def store(typing_context, array, offset, vector):
    """Put the vector's channels into ``array`` from ``offset`` on, rounding to bfloat16 if need be."""

    def build(context, builder, signature, arguments):
        array_value, offset_value, value = arguments
        is_half = _holds_bfloat16(signature.args[0])
        if is_half:
            value = _bfloat16_bits(builder, value)
        pointer = _pointer(builder, array_value, offset_value, value.type)
        builder.store(value, pointer).align = 2 if is_half else 4
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), build


@intrinsic
def copy_16(typing_context, source, first, target, start):
    """Put ``source[first : first + 16]`` into ``target`` from ``start`` on; both of one type."""

    def build(context, builder, signature, arguments):
        source_value, first_value, target_value, start_value = arguments
        is_half = _holds_bfloat16(signature.args[0])
        numbers = ir.VectorType(_HALF_WORD if is_half else _WORD, HALF_CHANNELS)
        value = builder.load(_pointer(builder, source_value, first_value, numbers))
        value.align = 2 if is_half else 4
        pointer = _pointer(builder, target_value, start_value, numbers)
        builder.store(value, pointer).align = value.align
        return context.get_dummy_value()

    return types.void(source, types.intp, source, types.intp), build


def _bfloat16_bits(builder, value):
    """Upper halves of float32 numbers, rounded to nearest, ties to even; what is not a number stays so.

    In whole numbers, which every processor has: LLVM makes a call of a conversion by the compiler's
    library, which need not be there, where the processor has no instruction for it. So the same
    numbers have the same bits on all, the smallest too, which those instructions take for zero.
    """
    bits = builder.bitcast(value, _ints(value))
    upper = builder.lshr(bits, _int_constant(value, _HALF_BITS))
    # A half and more is carried into the upper half; a half itself only where that one is odd.
    odd = builder.and_(upper, _int_constant(value, 1))
    carrying = builder.add(odd, _int_constant(value, (1 << (_HALF_BITS - 1)) - 1))
    rounded = builder.lshr(builder.add(bits, carrying), _int_constant(value, _HALF_BITS))
    # Rounding could carry such a number over to minus zero, and its upper half alone be infinite.
    quiet = builder.or_(upper, _int_constant(value, _QUIET_NAN_BIT))
    chosen = builder.select(builder.fcmp_unordered("uno", value, value), quiet, rounded)
    return builder.trunc(chosen, ir.VectorType(_HALF_WORD, value.type.count))


@intrinsic
def prefetch(typing_context, array, offset):
    """Ask for the 128 bytes at ``array[offset]``; any offset will do, also outside the array."""

    def build(context, builder, signature, arguments):
        first = _pointer(builder, *arguments, ir.IntType(8))
        second = builder.gep(first, [ir.Constant(ir.IntType(64), _CACHE_LINE_BYTES)])
        flag = _WORD
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


def _broadcast(vector_type):
    @intrinsic
    def broadcast(typing_context, scalar):
        def build(context, builder, signature, arguments):
            vector = ir.VectorType(ir.FloatType(), vector_type.lanes)
            undefined = ir.Constant(vector, ir.Undefined)
            single = builder.insert_element(undefined, arguments[0], ir.Constant(_WORD, 0))
            return builder.shuffle_vector(single, undefined, _int_constant(single, 0))

        return vector_type(types.float32), build

    broadcast.__doc__ = f"A vector with the same value in each of {vector_type.lanes} channels."
    return broadcast


broadcast, broadcast_16 = _broadcast(channel_vector), _broadcast(half_vector)


@intrinsic
def broadcast_from(typing_context, array, offset):
    """A vector with ``array[offset]`` in each of 32 channels."""

    def build(context, builder, signature, arguments):
        is_half = _holds_bfloat16(signature.args[0])
        element = _HALF_WORD if is_half else ir.FloatType()
        value = builder.load(_pointer(builder, *arguments, element))
        if is_half:
            value = builder.shl(builder.zext(value, _WORD), ir.Constant(_WORD, _HALF_BITS))
            value = builder.bitcast(value, ir.FloatType())
        return context.compile_internal(
            builder, lambda scalar: broadcast(scalar), channel_vector(types.float32), [value]
        )

    return channel_vector(array, types.intp), build


@intrinsic
def total(typing_context, vector):
    """The sum over the channels."""

    def build(context, builder, signature, arguments):
        (value,) = arguments
        reduce_type = ir.FunctionType(ir.FloatType(), [ir.FloatType(), value.type])
        reduce = cgutils.get_or_insert_function(
            builder.module, reduce_type, f"llvm.vector.reduce.fadd.v{value.type.count}f32"
        )
        zero = ir.Constant(ir.FloatType(), 0.0)
        return builder.call(reduce, [zero, value], fastmath=("reassoc",))

    return types.float32(vector), build


def _binary(method_name):
    @intrinsic
    def operation(typing_context, left, right):
        def build(context, builder, signature, arguments):
            return getattr(builder, method_name)(*arguments, flags=_FUSE)

        return left(left, right), build

    return operation


def _overload_operator(symbol, operation):
    @overload(symbol)
    def overloaded(left, right):
        if isinstance(left, ChannelVector) and left == right:
            return lambda left, right: operation(left, right)


for _symbol, _method in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _overload_operator(_symbol, _binary(_method))


@intrinsic
def maximum(typing_context, left, right):
    """The greater one, channel by channel."""

    def build(context, builder, signature, arguments):
        return builder.select(builder.fcmp_ordered(">", *arguments), *arguments)

    return left(left, right), build


@intrinsic
def minimum(typing_context, left, right):
    """The smaller one, channel by channel."""

    def build(context, builder, signature, arguments):
        return builder.select(builder.fcmp_ordered("<", *arguments), *arguments)

    return left(left, right), build


@intrinsic
def inverse_root(typing_context, vector):
    """1 / sqrt(x), channel by channel."""

    def build(context, builder, signature, arguments):
        (x,) = arguments
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(x.type, [x.type]), f"llvm.sqrt.v{x.type.count}f32"
        )
        return builder.fdiv(_constant(x, 1.0), builder.call(function, [x]))

    return vector(vector), build


def _magnitude(builder, x):
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(x.type, [x.type]), f"llvm.fabs.v{x.type.count}f32"
    )
    return builder.call(function, [x])


def _fused(builder, left, right, third):
    """left * right + third, rounded once where the processor can."""
    kind = left.type
    name = f"llvm.fmuladd.v{kind.count}f32"
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(kind, [kind] * 3), name
    )
    return builder.call(function, [left, right, third])


def _polynomial(builder, x, coefficients):
    """Horner's scheme, highest power first."""
    value = _constant(x, coefficients[0])
    for coefficient in coefficients[1:]:
        product = builder.fmul(value, x, flags=_FUSE)
        value = builder.fadd(product, _constant(x, coefficient), flags=_FUSE)
    return value


# (2^f - 1) / f for |f| <= 1/2, relative error 1.1e-8. So that small exponents, of which a scan
# multiplies thousands, keep their digits it is not 2^f itself that is approximated.
_EXP2 = (0.000154035127, 0.00133907356, 0.00961823749, 0.0555035743, 0.240226498, 0.693147188)
# The same with relative error 0.0004.
_SHORT_EXP2 = (0.0555039632, 0.242028858, 0.693178304)
# log(1 + z) / z for 0 <= z <= 1, relative error 3e-8.
_LOG1P = (
    0.00523269371, -0.0295052401, 0.078225961, -0.136632473, 0.191060079, -0.248429827,
    0.333190969, -0.499994931, 0.99999997,
)  # fmt: skip
# The same with relative error 0.0004.
_SHORT_LOG1P = (-0.0743430967, 0.254024995, -0.486414132, 0.999607022)
# 1 / (1 + z) for 0 <= z <= 1, relative error 3e-4.
_SHORT_RECIPROCAL = (0.152245005, -0.532857539, 0.865893529, -0.984834965, 0.999702646)
# Added to a small float32 it leaves the nearest whole number in the lowest bits.
_ROUNDING = 1.5 * 2.0**23
_MANTISSA_BITS = 23


def _build_exp2_nonpositive(builder, x, coefficients):
    # 2^x = 2^i * 2^f with i whole and |f| <= 1/2; adding i to the exponent bits multiplies by 2^i.
    lowest = _constant(x, -125.0)
    x = builder.select(builder.fcmp_ordered(">", x, lowest), x, lowest)
    shifted = builder.fadd(x, _constant(x, _ROUNDING))
    f = builder.fsub(x, builder.fsub(shifted, _constant(x, _ROUNDING)))
    return _power(builder, f, shifted, coefficients)


def _build_exp2_of_product(builder, x, factor, coefficients):
    shifted = _fused(builder, x, factor, _constant(x, _ROUNDING))
    whole = builder.fsub(shifted, _constant(x, _ROUNDING))
    f = _fused(builder, x, factor, builder.fneg(whole))
    return _power(builder, f, shifted, coefficients)


def _power(builder, f, shifted, coefficients):
    """2^f * 2^i, the whole number i in the lowest bits of ``shifted``."""
    x = f
    polynomial = _polynomial(builder, f, coefficients)
    p = builder.fmul(f, polynomial, flags=_FUSE)
    p = builder.fadd(p, _constant(x, 1.0), flags=_FUSE)
    i = builder.shl(builder.bitcast(shifted, _ints(x)), _int_constant(x, _MANTISSA_BITS))
    return builder.bitcast(builder.add(builder.bitcast(p, _ints(x)), i), x.type)


@intrinsic
def exp2_nonpositive(typing_context, vector, array):
    """2^x for x <= 0; x below -125 counts as -125.

    The relative error of 2^x - 1 near 0, and of 2^x, is about 1e-7, and 5e-4 where ``array``
    holds bfloat16.
    """

    def build(context, builder, signature, arguments):
        coefficients = _SHORT_EXP2 if _holds_bfloat16(signature.args[1]) else _EXP2
        return _build_exp2_nonpositive(builder, arguments[0], coefficients)

    return vector(vector, array), build


def _build_short_decay(builder, step, rate):
    s = _fused(builder, step, rate, _constant(step, SHORT_DECAY_VERTEX))
    zero = _constant(step, 0.0)
    s = builder.select(builder.fcmp_ordered(">", s, zero), s, zero)
    square = _fused(builder, s, s, _constant(step, 1 - SHORT_DECAY_VERTEX**2))
    square = builder.fmul(square, square)
    return builder.fmul(square, square)


@intrinsic
def decay(typing_context, step, rate, array):
    """exp(step * rate) for rates in multiples of ``decay_unit``, products of at most zero.

    As exact as ``exp2_nonpositive``, for 2^-125 and more; where ``array`` holds bfloat16 for any
    product within 0.012.
    """

    def build(context, builder, signature, arguments):
        if _holds_bfloat16(signature.args[2]):
            return _build_short_decay(builder, *arguments[:2])
        return _build_exp2_of_product(builder, *arguments[:2], _EXP2)

    return step(step, rate, array), build


@intrinsic
def softplus(typing_context, vector, array):
    """log(1 + exp(x)), relative error about 1e-7, and 1e-3 where ``array`` holds bfloat16."""

    def build(context, builder, signature, arguments):
        x, _ = arguments
        is_short = _holds_bfloat16(signature.args[1])
        zero = _constant(x, 0.0)
        positive = builder.select(builder.fcmp_ordered(">", x, zero), x, zero)
        magnitude = _magnitude(builder, x)
        highest = _constant(x, 125 * math.log(2))
        magnitude = builder.select(
            builder.fcmp_ordered("<", magnitude, highest), magnitude, highest
        )
        coefficients = _SHORT_EXP2 if is_short else _EXP2
        z = _build_exp2_of_product(builder, magnitude, _constant(x, -1 / math.log(2)), coefficients)
        polynomial = _polynomial(builder, z, _SHORT_LOG1P if is_short else _LOG1P)
        logarithm = builder.fmul(z, polynomial, flags=_FUSE)
        return builder.fadd(positive, logarithm, flags=_FUSE)

    return vector(vector, array), build


@intrinsic
def reciprocal_of_one_plus(typing_context, vector, array):
    """1 / (1 + z) for z in 0..1; relative error 3e-4 where ``array`` holds bfloat16."""

    def build(context, builder, signature, arguments):
        z, _ = arguments
        if _holds_bfloat16(signature.args[1]):
            return _polynomial(builder, z, _SHORT_RECIPROCAL)
        one = _constant(z, 1.0)
        return builder.fdiv(one, builder.fadd(one, z))

    return vector(vector, array), build


@intrinsic
def holds_bfloat16(typing_context, array):
    """Whether the array's numbers are bfloat16: a constant, so that branches on it cost nothing."""

    def build(context, builder, signature, arguments):
        return context.get_constant(types.boolean, _holds_bfloat16(signature.args[0]))

    return types.boolean(array), build


def _holds_bfloat16(array_type: types.CPointer) -> bool:
    return array_type.dtype == types.uint16
