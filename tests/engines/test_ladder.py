"""Out of memory: half the pictures, then tiles, then the processor; and remembered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from segdesk.domain.card import NetSpec
from segdesk.domain.errors import SegDeskError
from segdesk.engines import dense
from segdesk.engines.engine import Engine
from segdesk.engines.inputs import Prepared, tensor
from segdesk.engines.ladder import NOTE_PROCESSOR, NOTE_TILES, predict
from segdesk.engines.limits import FREE, KEEP_SECONDS, Limit, Limits, size_class
from segdesk.engines.messages import Answer, PredictRequest
from segdesk.engines.predict import Loaded
from tests.engines.fakes import Brightness, add_net, brightness_card

CPU = torch.device("cpu")
CARD = brightness_card()


def noise(height: int, width: int) -> Prepared:
    pixels = np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Prepared(pixels, (height, width))


def run(net: Brightness, pictures: list[Prepared], limits: Limits, device: torch.device = CPU) -> list[tuple[str, ...]]:
    return [raw.notes for raw in predict(Loaded(CARD, net, device), pictures, lambda: False, limits=limits)]


class Vanishing(Brightness):
    """Has no memory on its first device, and enough where it is moved to."""

    def __init__(self) -> None:
        super().__init__(limit=0)
        self.moves: list[str] = []

    def to(self, device: object) -> Vanishing:  # type: ignore[override]
        self.moves.append(str(device))
        self.limit = 1 << 40 if str(device) == "cpu" else 0
        return self


def test_what_did_not_fit_together_is_known_to_the_next_pass_and_the_next_run(tmp_path: Path) -> None:
    net, limits = Brightness(limit=2 * 40 * 60), Limits(tmp_path / "limits.json")
    pictures = [noise(40, 60) for _ in range(8)]
    run(net, pictures, limits)
    assert [size[0] for size in net.sizes] == [8, 4, 2, 2, 2, 2]
    net.sizes.clear()
    run(net, pictures, limits)
    run(net, pictures, Limits(tmp_path / "limits.json"))
    assert [size[0] for size in net.sizes] == [2] * 8


def test_the_tile_that_fitted_is_the_first_one_of_the_next_run(tmp_path: Path) -> None:
    net, limits = Brightness(limit=330 * 330), Limits(tmp_path / "limits.json")
    assert run(net, [noise(1000, 1100)], limits) == [(NOTE_TILES,)]
    tries = [max(size[2:]) for size in net.sizes]
    assert tries[0] == 1100
    net.sizes.clear()
    assert run(net, [noise(1000, 1100)], Limits(tmp_path / "limits.json")) == [(NOTE_TILES,)]
    assert max(max(size[2:]) for size in net.sizes) == min(tries)
    net.sizes.clear()
    assert run(net, [noise(300, 330)], Limits(tmp_path / "limits.json")) == [()]  # a smaller class is free
    assert len(net.sizes) == 1


def test_a_card_without_memory_is_left_and_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "tensor", lambda pixels, spec, device: tensor(pixels, spec, CPU))
    net, limits, card = Vanishing(), Limits(), torch.device("cuda")
    assert run(net, [noise(300, 200)], limits, card) == [(NOTE_PROCESSOR,)]
    assert net.moves == ["cpu", "cuda"]
    failed = len(net.sizes) - 1
    assert failed >= 2  # whole, and in tiles
    net.sizes.clear()
    assert run(net, [noise(300, 200)], limits, card) == [(NOTE_PROCESSOR,)]
    assert len(net.sizes) == 1
    assert run(net, [noise(30, 20)], limits, card) == [(NOTE_PROCESSOR,)]
    assert limits.find(CARD.id, CPU, 60_000) == FREE


def test_the_processor_without_memory_is_an_error_of_the_picture() -> None:
    class Greedy(Brightness):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise MemoryError

    with pytest.raises(SegDeskError, match="not enough memory to run Brightness on this picture of 60 x 40"):
        run(Greedy(), [noise(40, 60)], Limits())


def test_other_errors_pass_through() -> None:
    class Broken(Brightness):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        run(Broken(), [noise(4, 6)], Limits())


def test_the_engine_uses_its_limits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    built: list[Brightness] = []

    def build(options: object, classes: int) -> Brightness:
        built.append(Brightness(limit=100_000))
        return built[-1]

    add_net(monkeypatch, "brightness", build)  # type: ignore[arg-type]
    card = brightness_card(net=NetSpec("brightness"))
    for count in (2, 1):  # a whole and tiles; only tiles
        engine = Engine(limits=Limits(tmp_path / "limits.json"))
        answer = engine.answer(PredictRequest("a", card, noise(600, 500).pixels))
        assert isinstance(answer, Answer)
        assert answer.notes == (NOTE_TILES,)
        assert len({size[2:] for size in built[-1].sizes}) == count


def test_a_limit_holds_for_its_model_device_and_larger_sizes_for_two_weeks(tmp_path: Path) -> None:
    now = [1e9]
    limits = Limits(tmp_path / "limits.json", clock=lambda: now[0])
    limits.note("a", CPU, 1000, Limit(together=4))
    limits.note("a", CPU, 1000, Limit(together=2))
    limits.note("a", CPU, 9000, Limit(tile=256))
    assert limits.find("a", CPU, 999) == limits.find("a", CPU, 1024) == Limit(together=2)
    assert limits.find("a", CPU, 500) == limits.find("b", CPU, 5000) == FREE
    assert limits.find("a", torch.device("cuda:0"), 5000) == FREE
    assert limits.find("a", CPU, 1 << 30) == Limit(together=2, tile=256)
    limits.note("a", CPU, 1000, Limit(together=3))  # the stricter one stays
    assert Limits(tmp_path / "limits.json", clock=lambda: now[0]).find("a", CPU, 1000) == Limit(together=2)
    now[0] += KEEP_SECONDS
    assert limits.find("a", CPU, 1 << 30) == FREE
    limits.note("a", CPU, 1000, Limit(together=8))
    assert limits.find("a", CPU, 1000) == Limit(together=8)


@pytest.mark.parametrize("jump", [KEEP_SECONDS, -1000.0])
def test_a_limit_that_is_found_again_after_its_time_holds_again(tmp_path: Path, jump: float) -> None:
    """After two weeks, or after a clock that was set back: the same number is no reason to leave the old date."""
    now = [1e9]
    limits = Limits(tmp_path / "limits.json", clock=lambda: now[0])
    limits.note("a", CPU, 1000, Limit(together=2))
    now[0] += jump
    assert limits.find("a", CPU, 1000) == FREE
    limits.note("a", CPU, 1000, Limit(together=2))
    assert limits.find("a", CPU, 1000) == Limit(together=2)
    assert Limits(tmp_path / "limits.json", clock=lambda: now[0]).find("a", CPU, 1000) == Limit(together=2)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 3}', '{"a | cpu | 9": {"together": "many"}}', "\x00"])
def test_a_damaged_file_of_limits_is_no_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "limits.json"
    path.write_text(text)
    limits = Limits(path)
    assert limits.find("a", CPU, 100) == FREE
    limits.note("a", CPU, 100, Limit(together=1))
    assert Limits(path).find("a", CPU, 100) == Limit(together=1)


def test_a_folder_that_cannot_be_written_costs_only_the_memory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    limits = Limits(tmp_path / "file" / "limits.json")
    limits.note("a", CPU, 100, Limit(together=1))
    assert limits.find("a", CPU, 100) == Limit(together=1)


def test_size_classes_are_half_octaves() -> None:
    assert [size_class(n) for n in (0, 1, 2, 3, 4, 5, 6, 8, 1 << 20)] == [0, 0, 2, 4, 4, 5, 6, 6, 40]
    for pixels in (1000, 1001, 5_000_000):
        assert 2 ** ((size_class(pixels) - 1) / 2) < pixels <= 2 ** (size_class(pixels) / 2)
