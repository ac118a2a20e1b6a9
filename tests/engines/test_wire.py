"""Shared blocks between the window's side and the engine's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from multiprocessing import resource_tracker

import numpy as np

from segdesk.domain.segmentation import Segmentation
from segdesk.engines.wire import Blocks, read_block, write_block


def test_many_threads_attach_at_a_time_and_the_tracker_stays_itself():
    """Each block belongs to the window's side alone: attaching must not hand it to the engine's resource tracker."""
    before = resource_tracker.register
    blocks = Blocks()
    pictures = [np.full((20, 30, 3), n, np.uint8) for n in range(8)]
    names = [blocks.put(p) for p in pictures]

    def back_and_forth(n: int) -> bool:
        picture = read_block(names[n], (20, 30, 3))
        return bool((picture == n).all()) and write_block(names[n], np.full((20, 30), n + 1, np.uint16))

    try:
        with ThreadPoolExecutor(8) as pool:
            for _ in range(50):
                assert all(pool.map(back_and_forth, range(8)))
                for n, name in enumerate(names):
                    assert (blocks.take(name, Segmentation.empty(0, 0), (20, 30)).unpacked().ids == n + 1).all()
                    blocks.give_back(name)
                names[:] = [blocks.put(p) for p in pictures]
        assert resource_tracker.register is before
    finally:
        blocks.close()


def test_a_block_that_somebody_removed_is_no_error():
    blocks = Blocks(spare=0)
    name = blocks.put(np.zeros((4, 4, 3), np.uint8))
    blocks._used[name].unlink()
    blocks.give_back(name)
    blocks.close()
