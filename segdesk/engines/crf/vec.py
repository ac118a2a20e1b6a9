"""Eight float32 at once for numba: a vector type and the few operations that the mean field needs. The compiler's own
vectoriser gives up on short rows of arrays that might overlap."""

# pyright: reportCallIssue=false

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model

LANES = 8
FLOATS = ir.VectorType(ir.FloatType(), LANES)
WHOLES = ir.VectorType(ir.IntType(32), LANES)
TINY = 6.2e-5
CODES = 5650.0  # a logit is kept as this times its negative; so -11.5 (see meanfield.LEAST) is the least
NEVER = 0xFFFF  # the code of what never wins
FUSE = ("contract",)


class Eight(types.Type):
    """The type of eight float32."""

    def __init__(self):
        super().__init__("Eight")


@register_model(Eight)
class EightModel(models.PrimitiveModel):
    """How it lies in a register."""

    def __init__(self, manager, kind):
        super().__init__(manager, kind, FLOATS)


eight = Eight()


def _all(value):
    return ir.Constant(FLOATS, [value] * LANES)


def _pointer(context, builder, kind, array, at):
    data = context.make_array(kind)(context, builder, value=array).data
    return builder.bitcast(builder.gep(data, [at]), ir.PointerType(FLOATS))


@intrinsic
def load(_context, array, at):
    """Eight of a flat float32 array from an index on."""

    def build(context, builder, signature, arguments):
        found = builder.load(_pointer(context, builder, signature.args[0], *arguments))
        found.align = 4
        return found

    return eight(array, types.int64), build


@intrinsic
def decoded(_context, array, at):
    """Eight logits of a flat uint16 array of codes."""

    def build(context, builder, signature, arguments):
        data = context.make_array(signature.args[0])(context, builder, value=arguments[0]).data
        codes = ir.VectorType(ir.IntType(16), LANES)
        found = builder.load(builder.bitcast(builder.gep(data, [arguments[1]]), ir.PointerType(codes)))
        found.align = 2
        value = builder.fmul(builder.uitofp(builder.zext(found, WHOLES), FLOATS), _all(-1 / CODES))
        never = builder.icmp_unsigned("==", found, ir.Constant(codes, [NEVER] * LANES))
        return builder.select(never, _all(-1e30), value)

    return eight(array, types.int64), build


@intrinsic
def encode(_context, array, at, value):
    """Write the codes of the logits of eight probabilities, each in 1e-38..1, into a flat uint16 array.

    ln(m 2^n) with m in 0.707..1.414 is n ln 2 + 2 artanh((m - 1) / (m + 1)), whose series is cut where it is below the
    precision of the numbers.
    """

    def build(context, builder, signature, arguments):
        array, at, value = arguments
        all_whole = lambda number: ir.Constant(WHOLES, [number] * LANES)  # noqa: E731
        bits = builder.bitcast(value, WHOLES)
        above = builder.sub(bits, all_whole(0x3F3504F3))  # of the root of one half
        n = builder.ashr(above, all_whole(23))
        m = builder.bitcast(builder.sub(bits, builder.shl(n, all_whole(23))), FLOATS)
        s = builder.fdiv(builder.fsub(m, _all(1.0)), builder.fadd(m, _all(1.0)))
        square = builder.fmul(s, s)
        series = _all(2 / 9)
        for divisor in (7, 5, 3, 1):
            series = builder.fadd(builder.fmul(series, square, flags=FUSE), _all(2 / divisor), flags=FUSE)
        logs = builder.fadd(builder.fmul(series, s), builder.fmul(builder.sitofp(n, FLOATS), _all(0.693147181)))
        codes = builder.fptosi(builder.fadd(builder.fmul(logs, _all(-CODES)), _all(0.5)), WHOLES)
        halves = builder.trunc(codes, ir.VectorType(ir.IntType(16), LANES))
        data = context.make_array(signature.args[0])(context, builder, value=array).data
        builder.store(halves, builder.bitcast(builder.gep(data, [at]), ir.PointerType(halves.type))).align = 2
        return context.get_dummy_value()

    return types.void(array, types.int64, eight), build


@intrinsic
def store(_context, array, at, value):
    """Write eight into a flat float32 array."""

    def build(context, builder, signature, arguments):
        stored = builder.store(arguments[2], _pointer(context, builder, signature.args[0], *arguments[:2]))
        stored.align = 4
        return context.get_dummy_value()

    return types.void(array, types.int64, eight), build


@intrinsic
def put(_context, array, at, value):
    """As `store`; into an array of uint16 as half floats, which numba does not know."""

    def build(context, builder, signature, arguments):
        data = context.make_array(signature.args[0])(context, builder, value=arguments[0]).data
        found = arguments[2]
        if signature.args[0].dtype == types.uint16:
            found = builder.fptrunc(found, ir.VectorType(ir.HalfType(), LANES))
        place = builder.bitcast(builder.gep(data, [arguments[1]]), ir.PointerType(found.type))
        builder.store(found, place).align = 2
        return context.get_dummy_value()

    return types.void(array, types.int64, eight), build


@intrinsic
def spread(_context, value):
    """Eight times the same number."""

    def build(_target, builder, _signature, arguments):
        first = builder.insert_element(ir.Constant(FLOATS, ir.Undefined), arguments[0], ir.Constant(ir.IntType(32), 0))
        return builder.shuffle_vector(first, ir.Constant(FLOATS, ir.Undefined), ir.Constant(WHOLES, [0] * LANES))

    return eight(types.float32), build


@intrinsic
def scaled_sum(_context, factor, value, more):
    """factor * value + more."""

    def build(_target, builder, _signature, arguments):
        factor, value, more = arguments
        return builder.fadd(builder.fmul(factor, value, flags=FUSE), more, flags=FUSE)

    return eight(eight, eight, eight), build


@intrinsic
def product(_context, a, b):
    """a * b."""

    def build(_target, builder, _signature, arguments):
        return builder.fmul(*arguments, flags=FUSE)

    return eight(eight, eight), build


@intrinsic
def total(_context, a, b):
    """a + b."""

    def build(_target, builder, _signature, arguments):
        return builder.fadd(*arguments, flags=FUSE)

    return eight(eight, eight), build


@intrinsic
def larger(_context, a, b):
    """The larger of each pair."""

    def build(_target, builder, _signature, arguments):
        a, b = arguments
        return builder.select(builder.fcmp_ordered(">", a, b), a, b)

    return eight(eight, eight), build


@intrinsic
def unless_tiny(_context, value):
    """The numbers, but 0 for what a half float does not hold as a normal number: converting those takes ages."""

    def build(_target, builder, _signature, arguments):
        value = arguments[0]
        return builder.select(builder.fcmp_ordered(">", value, _all(TINY)), value, _all(0.0))

    return eight(eight), build


def _folded(builder, value, join):
    """One number of eight, by halves."""
    for shift in (4, 2, 1):
        order = ir.Constant(WHOLES, [(i + shift) % LANES for i in range(LANES)])
        value = join(value, builder.shuffle_vector(value, ir.Constant(FLOATS, ir.Undefined), order))
    return builder.extract_element(value, ir.Constant(ir.IntType(32), 0))


@intrinsic
def sum_of(_context, value):
    """The sum of the eight."""

    def build(_target, builder, _signature, arguments):
        return _folded(builder, arguments[0], builder.fadd)

    return types.float32(eight), build


@intrinsic
def max_of(_context, value):
    """The largest of the eight."""

    def build(_target, builder, _signature, arguments):
        join = lambda a, b: builder.select(builder.fcmp_ordered(">", a, b), a, b)  # noqa: E731
        return _folded(builder, arguments[0], join)

    return types.float32(eight), build


@intrinsic
def exp(_context, value):
    """e to each number, which must be <= 0; good to some 2e-7 of the value, and tiny instead of 0 below -87."""

    def build(_target, builder, _signature, arguments):
        def fma(a, b, c):
            return builder.fadd(builder.fmul(a, b, flags=FUSE), c, flags=FUSE)

        x = builder.select(builder.fcmp_ordered(">", arguments[0], _all(-87.0)), arguments[0], _all(-87.0))
        # The nearest whole power of two, then a polynomial for the rest (-ln 2 / 2 .. ln 2 / 2).
        n = builder.fptosi(fma(x, _all(1.44269504), _all(-0.5)), WHOLES)
        f = builder.sitofp(n, FLOATS)
        r = fma(f, _all(2.12194440e-4), fma(f, _all(-0.693359375), x))
        p = _all(1.0 / 5040)
        for divisor in (720, 120, 24, 6, 2, 1, 1):
            p = fma(p, r, _all(1.0 / divisor))
        power = builder.shl(builder.add(n, ir.Constant(WHOLES, [127] * LANES)), ir.Constant(WHOLES, [23] * LANES))
        return builder.fmul(p, builder.bitcast(power, FLOATS))

    return eight(eight), build
