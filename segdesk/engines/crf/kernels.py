"""The inner loops of the dense CRF, compiled by numba: pixels into permutohedral lattices (Adams, Baek and Davis 2010,
sections 3 and 4), the blur of those, and the fused step of mean field. All release the interpreter and work on a range
that the caller gives, so that its threads can share the work. Values lie flat, rows of a multiple of eight."""

# pyright: reportCallIssue=false, reportIndexIssue=false
# (numba gives the functions of `vec` their first argument)

from __future__ import annotations

import numba
import numpy as np

from segdesk.engines.crf import vec

MIX = -7046029254386353131  # 2^64 divided by the golden ratio, as a signed number
EMPTY = -1
F32 = np.float32


@numba.njit(inline="always")
def _slot(key, mask):
    mixed = key * np.int64(MIX)
    return (mixed ^ (mixed >> np.int64(32))) & mask


@numba.njit(inline="always")
def _find(table, key, mask):
    """The place of a key in a table, or the free one where it would be."""
    at = _slot(key, mask)
    while table[at, 1] != EMPTY and table[at, 0] != key:
        at = (at + 1) & mask
    return at


@numba.njit(inline="always")
def _dot(base, factors):
    key = np.int64(0)
    for i in range(len(factors)):
        key += base[i] * factors[i]
    return key


@numba.njit(inline="always")
def _next_vertex(key, turn, rank, factors, whole):
    """From vertex `turn` - 1 of a simplex to the next: plus 1 in all coordinates, less d + 1 in the one whose turn it
    is."""
    key += whole
    for i in range(len(factors)):
        if rank[i] == (len(factors) + 1) - turn:
            key -= (len(factors) + 1) * factors[i]
    return key


@numba.njit(cache=True, nogil=True)
def _grown(table, keys, count):
    """A table of twice the slots with the first `count` keys."""
    size = table.shape[0] * 2
    larger = np.full((size, 2), EMPTY, np.int64)
    mask = np.int64(size - 1)
    for i in range(count):
        at = _slot(keys[i], mask)
        while larger[at, 1] != EMPTY:
            at = (at + 1) & mask
        larger[at, 0] = keys[i]
        larger[at, 1] = i
    return larger


@numba.njit(inline="always")
def _place(high, base, rank, bary, rounded_by, d):
    """Which simplex holds the lifted point `high` (d + 1,), which is changed: its vertex 0 in `base`, the order of the
    coordinates in `rank`, the barycentric weights in `bary`."""
    d1 = d + 1
    rounded = 0
    for i in range(d1):
        near = np.int32(np.floor(high[i] * rounded_by + F32(0.5)))
        base[i] = near * d1
        high[i] -= base[i]
        rounded += near
        rank[i] = 0
    for i in range(d):
        for j in range(i + 1, d1):
            less = np.int32(high[i] < high[j])  # no branch: nobody could foresee it
            rank[i] += less
            rank[j] += np.int32(1) - less
    for i in range(d1 + 1):
        bary[i] = 0.0
    for i in range(d1):
        rank[i] += rounded
        turn = d1 if rank[i] < 0 else -d1 if rank[i] > d else 0
        rank[i] += turn
        base[i] += turn
        high[i] -= turn
        v = high[i] * rounded_by
        bary[d - rank[i]] += v
        bary[d1 - rank[i]] -= v
    bary[0] += F32(1.0) + bary[d1]


@numba.njit(inline="always")
def _lift(image, pixel, scale, high):
    """The pixel's position and colour, scaled, in the plane of the lattice: `high` (d + 1,)."""
    y = pixel // image.shape[1]
    x = pixel - y * image.shape[1]
    done = F32(0.0)
    for j in range(len(scale), 0, -1):
        value = x if j == 1 else y if j == 2 else image[y, x, j - 3]
        f = value * scale[j - 1]
        high[j] = done - j * f
        done += f
    high[0] = done


@numba.njit(inline="always")
def _set_row(target, at, row, count):
    for i in range(count):
        target[at, i] = row[i]


@numba.njit(inline="always")
def _same(base, rank, last, count):
    """Whether this is the simplex of the `last` (2, d + 1) pixel; it is the last then."""
    same = True
    for i in range(count):
        same &= base[i] == last[0, i] and rank[i] == last[1, i]
        last[0, i] = base[i]
        last[1, i] = rank[i]
    return same


@numba.njit(cache=True, nogil=True)
def embed(image, pixels, scale, factors, vertices, weights, stop):
    """Put pixels into the lattice.

    `image`: (H, W, 3) uint8. `pixels`: (n,) int32, y * W + x. `scale`: d float32 by which x, y (and r, g, b) are
    multiplied; `factors`: d int64 that make a key of a vertex. Fills `vertices` (n, d + 1) int32 with
    numbers from 0 on and `weights` (n, d + 1) float32, barycentric. Returns the keys of the vertices. Gives up where
    `stop[0]` is set.
    """
    d = len(factors)  # a constant to the compiler
    d1 = d + 1
    high = np.empty(d1, np.float32)
    base = np.empty(d1, np.int32)
    rank = np.empty(d1, np.int32)
    bary = np.empty(d1 + 1, np.float32)
    down = F32(1.0 / d1)
    table = np.full((1 << 14, 2), EMPTY, np.int64)
    mask = np.int64(table.shape[0] - 1)
    keys = np.empty(table.shape[0] // 2, np.int64)
    count = 0
    whole = _dot(np.ones(d, np.int64), factors)
    last = np.full((2, d1), -1, np.int32)
    for p in range(pixels.shape[0]):
        if p % 1024 == 0 and stop[0]:
            break
        _lift(image, np.int64(pixels[p]), scale, high)
        _place(high, base, rank, bary, down, d)
        _set_row(weights, p, bary, d1)
        if _same(base, rank, last, d1):  # often, and then nothing needs to be looked up
            _set_row(vertices, p, vertices[p - 1], d1)
            continue
        key = _dot(base, factors)
        for r in range(d1):
            if r > 0:
                key = _next_vertex(key, r, rank, factors, whole)
            at = _find(table, key, mask)
            number = table[at, 1]
            if number == EMPTY:
                number = count
                table[at, 0] = key
                table[at, 1] = number
                keys[count] = key
                count += 1
                if count == keys.shape[0]:
                    table = _grown(table, keys, count)
                    mask = np.int64(table.shape[0] - 1)
                    keys = np.concatenate((keys, keys))
            vertices[p, r] = number
    return keys[:count].copy()


@numba.njit(cache=True, nogil=True)
def index(keys):
    """Number the different keys from 1 in order. Returns (table, number of each key, the different keys after a 0)."""
    size = 1 << 14
    while size < 2 * keys.shape[0]:
        size *= 2
    table = np.full((size, 2), EMPTY, np.int64)
    mask = np.int64(size - 1)
    numbers = np.empty(keys.shape[0], np.int32)
    unique = np.zeros(keys.shape[0] + 1, np.int64)
    count = 1
    for i in range(keys.shape[0]):
        at = _find(table, keys[i], mask)
        if table[at, 1] == EMPTY:
            table[at, 0] = keys[i]
            table[at, 1] = count
            unique[count] = keys[i]
            count += 1
        numbers[i] = table[at, 1]
    return table, numbers, unique[:count].copy()


@numba.njit(cache=True, nogil=True)
def renumber(vertices, numbers):
    """Set other numbers, in place."""
    for p in range(vertices.shape[0]):
        for r in range(vertices.shape[1]):
            vertices[p, r] = numbers[vertices[p, r]]


@numba.njit(cache=True, nogil=True)
def link(table, keys, step, pairs):
    """Fill `pairs` (M + 1, 2) int32, zeros, with the neighbours of each vertex along one axis; 0 = none."""
    mask = np.int64(table.shape[0] - 1)
    for v in range(1, keys.shape[0]):
        key = keys[v] + step
        u = table[_find(table, key, mask), 1]
        if u != EMPTY:
            pairs[v, 0] = u
            pairs[u, 1] = v


@numba.njit(cache=True, nogil=True)
def blur(source, target, width, pairs, first, last):
    """One axis: each vertex plus half of its two neighbours. Flat float32 of rows of `width`; row 0 is zero."""
    half = vec.spread(F32(0.5))
    for v in range(first, last):
        at, a, b = v * width, width * np.int64(pairs[v, 0]), width * np.int64(pairs[v, 1])
        for k in range(0, width, 8):
            both = vec.total(vec.load(source, a + k), vec.load(source, b + k))
            vec.store(target, at + k, vec.scaled_sum(half, both, vec.load(source, at + k)))


@numba.njit(cache=True, nogil=True, fastmath=True)
def add(total, part, first, last):
    """`part` is added to `total` in some places."""
    for i in range(first, last):
        total[i] += part[i]


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
    logits, width, mass, near, near_w, near_in, near_out, far, far_w, far_in, far_out, w_near, w_far, first, last, mode
):
    """Mean field for some pixels: slice both lattices, softmax, splat again (mode 1) or keep the result (mode 2);
    mode 0 is the start, which has nothing to slice.

    `logits`: flat (n, width) float32. `mass`: (n,) float32, how many pixels each stands for.
    `near`, `far`: (n, 3) and (n, 6) vertices with weights that carry the normalisation.
    """
    q = np.empty(width, np.float32)
    nothing = vec.spread(F32(0.0))
    wide = np.int64(width)
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
            x = vec.load(logits, at + k)
            if mode > 0:
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
        share = F32(1.0) / vec.sum_of(s)
        share = vec.spread(share if mode == 2 else share * mass[p])
        for k in range(0, width, 8):
            e = vec.product(vec.load(q, k), share)
            if mode == 2:
                vec.store(logits, at + k, vec.unless_tiny(e))
            else:
                _put(near_out, n0 + k, u0, e)
                _put(near_out, n1 + k, u1, e)
                _put(near_out, n2 + k, u2, e)
                _put(far_out, f0 + k, v0, e)
                _put(far_out, f1 + k, v1, e)
                _put(far_out, f2 + k, v2, e)
                _put(far_out, f3 + k, v3, e)
                _put(far_out, f4 + k, v4, e)
                _put(far_out, f5 + k, v5, e)


@numba.njit(cache=True, nogil=True)
def splat_ones(vertices, weights, mass, target):
    """Add each pixel's weights times its mass to its vertices. `target`: (M + 1,) float32."""
    for p in range(vertices.shape[0]):
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
            top = vec.scaled_sum(fx, vec.load(coarse, a + right + k), vec.product(gx, vec.load(coarse, a + k)))
            low = vec.scaled_sum(fx, vec.load(coarse, b + right + k), vec.product(gx, vec.load(coarse, b + k)))
            vec.store(out, i * lanes + k, vec.scaled_sum(fy, low, vec.product(gy, top)))
