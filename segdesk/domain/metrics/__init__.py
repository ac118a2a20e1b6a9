"""Measures of two label maps of one picture, as accumulators that stream: `add` a picture, `merge` another
accumulator, `result` at any time. One file a family; each new one (average precision, boundaries, bootstrap) is a file
beside these that takes the same `Overlaps`, or the maps themselves where pixel counts do not suffice."""
