"""The inner loops of the dense CRF, compiled by numba: the blur of a lattice, the fused step of mean field, the ways in
and out. All release the interpreter and work on a range that the caller gives, so that its threads can share the work.
Values lie flat, rows of a multiple of eight."""

# pyright: reportCallIssue=false, reportIndexIssue=false
# (numba gives the functions of `vec` their first argument)

from __future__ import annotations

import numba
import numpy as np

from segdesk.engines.crf import vec

F32 = np.float32
BLOCK = 64  # pixels whose rows are written to the planes together


@numba.njit(cache=True, nogil=True)
def blur(source, target, width, pairs, first, last):
    """One axis: each vertex plus half of its two neighbours. Flat float32 of rows of `width`; row 0 is zero."""
    half = vec.spread(F32(0.5))
    for v in range(first, last):
        at, a, b = v * width, width * np.int64(pairs[v, 0]), width * np.int64(pairs[v, 1])
        for k in range(0, width, 8):
            both = vec.total(vec.load(source, a + k), vec.load(source, b + k))
            vec.store(target, at + k, vec.scaled_sum(half, both, vec.load(source, at + k)))


@numba.njit(cache=True, nogil=True)
def join(values, width, owners, first_double, first, last):
    """Add some doubles of vertices to their owners. `owners`: of each double, which lie from `first_double` on."""
    for i in range(first, last):
        at, owner = (first_double + i) * width, np.int64(owners[i]) * width
        for k in range(0, width, 8):
            vec.store(values, owner + k, vec.total(vec.load(values, owner + k), vec.load(values, at + k)))


@numba.njit(cache=True, nogil=True)
def split(values, width, owners, first_double, first, last):
    """The doubles get the values of their owners."""
    for i in range(first, last):
        at, owner = (first_double + i) * width, np.int64(owners[i]) * width
        for k in range(0, width, 8):
            vec.store(values, at + k, vec.load(values, owner + k))


@numba.njit(inline="always")
def _add3(source, a, b, c, x, y, z, k, start):
    s = vec.scaled_sum(x, vec.load(source, a + k), start)
    s = vec.scaled_sum(y, vec.load(source, b + k), s)
    return vec.scaled_sum(z, vec.load(source, c + k), s)


@numba.njit(inline="always")
def _put(target, at, weight, value):
    vec.store(target, at, vec.scaled_sum(weight, value, vec.load(target, at)))


@numba.njit(cache=True, nogil=True)
def step(
    unary, width, send, near, near_w, near_in, near_out, far, far_w, far_in, far_out, w_near, w_far, first, last, out
):
    """Mean field for some pixels: slice both lattices, softmax, and splat again, or write the result into `out`.

    `unary`: flat (n, width) uint16, see `vec.decoded`. `send`: (n,) float32, with how much weight each sends.
    `near`, `far`: (n, 3) and (n, 6) vertices with weights that carry the normalisation; the first time `near_in` and
    `far_in` are empty, there is nothing to slice. `out`: flat (last - first, width) float32, or empty to splat.
    """
    q = np.empty(width, np.float32)
    nothing = vec.spread(F32(0.0))
    wide = np.int64(width)
    slices, splats = far_in.shape[0] > 0, out.shape[0] == 0
    for p in range(first, last):
        at = p * wide
        n0, n1, n2 = wide * near[p, 0], wide * near[p, 1], wide * near[p, 2]
        f0, f1, f2 = wide * far[p, 0], wide * far[p, 1], wide * far[p, 2]
        f3, f4, f5 = wide * far[p, 3], wide * far[p, 4], wide * far[p, 5]
        u0, u1, u2 = vec.spread(near_w[p, 0]), vec.spread(near_w[p, 1]), vec.spread(near_w[p, 2])
        v0, v1, v2 = vec.spread(far_w[p, 0]), vec.spread(far_w[p, 1]), vec.spread(far_w[p, 2])
        v3, v4, v5 = vec.spread(far_w[p, 3]), vec.spread(far_w[p, 4]), vec.spread(far_w[p, 5])
        top = vec.spread(F32(-1e30))
        for k in range(0, width, 8):
            x = vec.decoded(unary, at + k)
            if slices:
                n = _add3(near_in, n0, n1, n2, u0, u1, u2, k, nothing)
                f = _add3(far_in, f0, f1, f2, v0, v1, v2, k, nothing)
                f = _add3(far_in, f3, f4, f5, v3, v4, v5, k, f)
                x = vec.scaled_sum(vec.spread(w_near), n, vec.scaled_sum(vec.spread(w_far), f, x))
            vec.store(q, k, x)
            top = vec.larger(top, x)
        low = vec.spread(-vec.max_of(top))
        s = nothing
        for k in range(0, width, 8):
            e = vec.exp(vec.total(vec.load(q, k), low))
            vec.store(q, k, e)
            s = vec.total(s, e)
        share = vec.spread((send[p] if splats else F32(1.0)) / vec.sum_of(s))
        if splats:
            for k in range(0, width, 8):
                e = vec.product(vec.load(q, k), share)
                _put(near_out, n0 + k, u0, e)
                _put(near_out, n1 + k, u1, e)
                _put(near_out, n2 + k, u2, e)
                _put(far_out, f0 + k, v0, e)
                _put(far_out, f1 + k, v1, e)
                _put(far_out, f2 + k, v2, e)
                _put(far_out, f3 + k, v3, e)
                _put(far_out, f4 + k, v4, e)
                _put(far_out, f5 + k, v5, e)
        else:
            for k in range(0, width, 8):
                vec.store(out, (p - first) * wide + k, vec.unless_tiny(vec.product(vec.load(q, k), share)))


@numba.njit(cache=True, nogil=True)
def gather(planes, used, pixels, out):
    """Some pixels of some planes: out[k, i] = planes[used[k], pixels[i]]."""
    for k in range(used.shape[0]):
        plane = used[k]
        for i in range(pixels.shape[0]):
            out[k, i] = planes[plane, pixels[i]]


@numba.njit(cache=True, nogil=True)
def encode(rows, least, never, width, codes):
    """Codes of logits, see `vec.decoded`, of (n, count) probabilities; below `least` they count as it, above 1 as 1.
    `codes`: flat (n, width) uint16; those beyond the count get the code `never`."""
    count = rows.shape[1]
    some = np.ones(BLOCK * width, np.float32)
    for first in range(0, rows.shape[0], BLOCK):
        last = min(first + BLOCK, rows.shape[0])
        for k in range(count):
            for i in range(first, last):
                some[(i - first) * width + k] = min(max(rows[i, k], least), F32(1.0))
        for i in range(first, last):
            for k in range(0, width, 8):
                vec.encode(codes, i * width + k, vec.load(some, (i - first) * width + k))
            for k in range(count, width):
                codes[i * width + k] = never


@numba.njit(cache=True, nogil=True)
def splat_ones(vertices, weights, mass, target, first, last):
    """Add each pixel's weights times its mass to its vertices. `target`: (M + 1,) float32."""
    for p in range(first, last):
        for r in range(vertices.shape[1]):
            target[vertices[p, r]] += weights[p, r] * mass[p]


@numba.njit(cache=True, nogil=True)
def blur_ones(source, target, pairs, first, last):
    """`blur` for one value a vertex."""
    for v in range(first, last):
        target[v] = source[v] + F32(0.5) * (source[pairs[v, 0]] + source[pairs[v, 1]])


@numba.njit(cache=True, nogil=True)
def normalise(vertices, weights, values, alpha, first, last):
    """Multiply the weights of each pixel with one over the root of what the filter makes of ones, in place."""
    for p in range(first, last):
        s = F32(0.0)
        for r in range(vertices.shape[1]):
            s += weights[p, r] * values[vertices[p, r]]
        n = F32(1.0) / np.sqrt(s * alpha + F32(1e-20))
        for r in range(vertices.shape[1]):
            weights[p, r] *= n


@numba.njit(inline="always")
def _between(coarse, upper, lower, right, fx, gx, fy, gy):
    """Eight bilinear values from those at `upper` and `lower` and what lies `right` of each; gx = 1 - fx, gy too."""
    top = vec.scaled_sum(fx, vec.load(coarse, upper + right), vec.product(gx, vec.load(coarse, upper)))
    low = vec.scaled_sum(fx, vec.load(coarse, lower + right), vec.product(gx, vec.load(coarse, lower)))
    return vec.scaled_sum(fy, low, vec.product(gy, top))


@numba.njit(cache=True, nogil=True)
def sample(coarse, height, width, lanes, grid, image_width, pixels, out):
    """Bilinear values of some pixels, clamped at the border.

    `coarse`: flat (height, width, lanes) float32. `grid`: (4,) float64 a, b, c, d: pixel (y, x) lies at row a y + b and
    column c x + d of it. `pixels`: (n,) int32, y * image_width + x; `out`: flat (n, lanes).
    """
    for i in range(pixels.shape[0]):
        y = pixels[i] // image_width
        x = pixels[i] - y * image_width
        v = min(max(y * grid[0] + grid[1], 0.0), height - 1.0)
        u = min(max(x * grid[2] + grid[3], 0.0), width - 1.0)
        y0, x0 = np.int64(v), np.int64(u)
        fy, fx = vec.spread(F32(v - y0)), vec.spread(F32(u - x0))
        gy, gx = vec.spread(F32(1.0 - (v - y0))), vec.spread(F32(1.0 - (u - x0)))
        a = (y0 * width + x0) * lanes
        right = lanes if x0 + 1 < width else 0
        b = a + (width * lanes if y0 + 1 < height else 0)
        for k in range(0, lanes, 8):
            vec.store(out, i * lanes + k, _between(coarse, a + k, b + k, right, fx, gx, fy, gy))


@numba.njit(inline="always")
def _write(rows, width, y, xs, count, planes, target):
    """Some pixels of one row to the planes, one plane after another: these lie so far apart that one pixel of each
    would not stay in the first cache together (1.8 times as long with 17 of them)."""
    for k in range(planes.shape[0]):
        plane = planes[k]
        for i in range(count):
            target[plane, y, xs[i]] = rows[i * width + k]


@numba.njit(cache=True, nogil=True)
def scatter(rows, width, pixels, image_width, top, left, planes, target):
    """Write rows of some pixels to planes.

    `rows`: flat (n, width) of any type, `pixels`: (n,) int32, y * image_width + x. `planes`: which of
    `target`, (K, h, w) of that type, each class belongs to, at most `width` of them. The target's first pixel is
    (top, left); what lies outside of it is left out.
    """
    xs, count, first, row = np.empty(BLOCK, np.int64), 0, 0, -1
    for i in range(pixels.shape[0]):
        y = pixels[i] // image_width
        x = pixels[i] - y * image_width - left
        y -= top
        within = 0 <= y < target.shape[1] and 0 <= x < target.shape[2]
        if count > 0 and (y != row or count == BLOCK or not within):
            _write(rows[first * width :], width, row, xs, count, planes, target)
            count = 0
        if within:
            if count == 0:
                first, row = i, y
            xs[count] = x
            count += 1
    if count > 0:
        _write(rows[first * width :], width, row, xs, count, planes, target)


@numba.njit(cache=True, nogil=True)
def fill(coarse, lanes, grid, meets, step, window, free, rows, planes, core, target):
    """As `sample`, straight into the planes, for some rows of pixels in cells where no classes meet.

    `coarse`: flat, of `meets`' cells: (h, w) bool, each `step` pixels square; the first begins at `window` (y, x) of
    the picture. `free`: flat float32 factors of the rows' pixels, or empty. `rows`: (first, last) of the picture.
    `core`: (y0, x0, y1, x1) in the picture of `target`, (K, h, w) float32, or uint16 that hold half floats.
    """
    some, xs, count = np.empty(BLOCK * lanes, target.dtype), np.empty(BLOCK, np.int64), 0
    height, width, left, right = meets.shape[0], meets.shape[1], core[1], core[3]
    for y in range(rows[0], rows[1]):
        v = min(max(y * grid[0] + grid[1], 0.0), height - 1.0)
        y0 = np.int64(v)
        fy, gy = vec.spread(F32(v - y0)), vec.spread(F32(1.0 - (v - y0)))
        down = width * lanes if y0 + 1 < height else 0
        cell = (y - window[0]) // step
        for column in range((left - window[1]) // step, (right - 1 - window[1]) // step + 1):
            if meets[cell, column]:
                continue
            begin = window[1] + column * step
            for x in range(max(left, begin), min(right, begin + step)):
                u = min(max(x * grid[2] + grid[3], 0.0), width - 1.0)
                x0 = np.int64(u)
                fx, gx = vec.spread(F32(u - x0)), vec.spread(F32(1.0 - (u - x0)))
                a = (y0 * width + x0) * lanes
                aside = lanes if x0 + 1 < width else 0
                b = a + down
                for k in range(0, lanes, 8):
                    value = vec.unless_tiny(_between(coarse, a + k, b + k, aside, fx, gx, fy, gy))
                    if free.shape[0] > 0:
                        value = vec.product(value, vec.spread(free[(y - rows[0]) * (right - left) + x - left]))
                    vec.put(some, count * lanes + k, value)
                xs[count] = x - left
                count += 1
                if count == BLOCK:
                    _write(some, lanes, y - core[0], xs, count, planes, target)
                    count = 0
        _write(some, lanes, y - core[0], xs, count, planes, target)
        count = 0
