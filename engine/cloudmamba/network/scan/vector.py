"""A vector of 32 single-precision channels for Numba, so that scan kernels use the CPU's SIMD units.

LLVM's automatic vectoriser gives up on the scan: the recurrence reads and writes several
small arrays that it cannot prove to be distinct. Here the channels of a block are one LLVM
vector value; LLVM maps it to whatever the processor has (AVX-512, AVX2, SSE, NEON).

Inside ``numba.njit`` code: ``load(array, offset)``, ``store(array, offset, vector)``,
``broadcast(scalar)``, ``total(vector)``, ``exp_nonpositive(vector)``, ``softplus(vector)``
and the operators ``+``, ``-`` and ``*`` between vectors. Arrays are one-dimensional,
C-contiguous and float32; offsets count elements and are not checked.
"""

from __future__ import annotations

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


def _build_exp_nonpositive(builder, x):
    # exp(x) = 2^i * exp(r) with r = x - i ln 2; ln 2 in two parts keeps r exact.
    lowest = _constant(-87.0)
    x = builder.select(builder.fcmp_ordered(">", x, lowest), x, lowest)
    scaled = builder.fmul(x, _constant(1.44269504088896341))
    # Truncating a negative number minus one half rounds it to the nearest integer.
    i = builder.fptosi(builder.fsub(scaled, _constant(0.5)), _INTS)
    whole = builder.sitofp(i, _FLOATS)
    r = builder.fsub(x, builder.fmul(whole, _constant(0.693359375), flags=_FUSE), flags=_FUSE)
    r = builder.fadd(r, builder.fmul(whole, _constant(2.12194440e-4), flags=_FUSE), flags=_FUSE)
    p = _polynomial(
        builder,
        r,
        (1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1.0, 1.0),
    )
    exponent = builder.shl(builder.add(i, _int_constant(127)), _int_constant(23))
    return builder.fmul(p, builder.bitcast(exponent, _FLOATS))


@intrinsic
def exp_nonpositive(typing_context, vector):
    """exp(x) for x <= 0, relative error about 1e-7; x below -87 counts as -87."""

    def build(context, builder, signature, arguments):
        return _build_exp_nonpositive(builder, arguments[0])

    return channel_vector(channel_vector), build


@intrinsic
def softplus(typing_context, vector):
    """log(1 + exp(x)), relative error about 1e-7."""

    def build(context, builder, signature, arguments):
        (x,) = arguments
        positive = builder.fcmp_ordered(">", x, _constant(0.0))
        negated = builder.fneg(x)
        z = _build_exp_nonpositive(builder, builder.select(positive, negated, x))
        # log(1 + z) = 2 artanh(s), s = z / (2 + z) <= 1/3: no cancellation for small z.
        s = builder.fdiv(z, builder.fadd(z, _constant(2.0)))
        series = _polynomial(
            builder, builder.fmul(s, s), (1 / 13, 1 / 11, 1 / 9, 1 / 7, 1 / 5, 1 / 3, 1.0)
        )
        logarithm = builder.fmul(builder.fadd(s, s), series)
        return builder.fadd(builder.select(positive, x, _constant(0.0)), logarithm)

    return channel_vector(channel_vector), build
