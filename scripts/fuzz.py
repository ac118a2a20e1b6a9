"""Fuzz every reader: `python scripts/fuzz.py [--inputs 10000] [--reader NAME] [--minutes M] [--seed S] [--out DIR]`.

Valid files are broken on purpose (`tests/fuzz`); each reader must answer with a value or one clear sentence, in time,
in memory, without touching other files, running anything or calling other machines. Prints a table, saves what was
found, and ends with 1 if there was anything. `--atheris` lets coverage lead the way for one reader (Linux; needs the
package atheris).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.fuzz.campaign import Tally, campaign, save_input  # noqa: E402
from tests.fuzz.readers import Reader, readers  # noqa: E402

HEAD = f"{'reader':24} {'inputs':>8} {'seconds':>8} {'worst':>8} {'memory':>8} findings"
SAVED = 3  # inputs of each kind of finding


def main(arguments: Sequence[str] | None = None) -> int:
    """See above; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000, help="for each reader")
    parser.add_argument("--reader", action="append", metavar="NAME", help="only readers with this in their name")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after so long")
    parser.add_argument("--seed", type=int, default=0, help="other inputs")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "fuzz", help="where failing inputs go")
    parser.add_argument("--list", action="store_true", help="list the readers")
    parser.add_argument("--atheris", action="store_true", help="led by coverage; for one reader")
    options = parser.parse_args(arguments)
    known = readers()
    chosen = [r for r in known.values() if not options.reader or any(part in r.name for part in options.reader)]
    if options.list:
        print("\n".join(known))
        return 0
    if not chosen:
        parser.error("no reader has this in its name; see --list")
    if options.atheris:
        return _by_coverage(chosen[0], options)
    print(HEAD, flush=True)
    tallies = campaign(chosen, options.inputs, options.seed, minutes=options.minutes, told=_row)
    return _told(tallies, known, options)


def _row(tally: Tally) -> None:
    cost = f"{tally.seconds:8.1f} {tally.slowest:7.2f}s {tally.most >> 20:5} MB"
    print(f"{tally.reader:24} {tally.inputs:8} {cost} {len(tally.findings) or ''}", flush=True)
    for line in tally.lines():
        print(f"    {line}", flush=True)


def _told(tallies: Sequence[Tally], known: dict[str, Reader], options: argparse.Namespace) -> int:
    bad = [tally for tally in tallies if tally.findings]
    for tally in bad:
        for numbers in tally.findings.values():
            for number in numbers[:SAVED]:
                save_input(known[tally.reader], options.seed, number, options.out)
    count = sum(tally.inputs for tally in tallies)
    print(
        f"{count} inputs, {sum(len(t.findings) for t in bad)} kinds of findings" + (f" in {options.out}" if bad else "")
    )
    return 1 if bad else 0


def _by_coverage(reader: Reader, options: argparse.Namespace) -> int:
    try:
        import atheris  # noqa: F401  # pyright: ignore[reportMissingImports]  # optional
    except ImportError:
        print("The package atheris is not installed (pip install atheris; Linux).")
        return 0
    from tests.fuzz.coverage import lead

    return lead(reader, options.inputs, options.seed, options.minutes, options.out)


if __name__ == "__main__":
    sys.exit(main())
