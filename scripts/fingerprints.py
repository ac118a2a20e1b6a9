"""Writes `resources/fingerprints.json`, by which checkpoints are recognised. Run it after a network file has changed.

python scripts/fingerprints.py            write the table
python scripts/fingerprints.py --check    say whether it is up to date
"""

from __future__ import annotations

import sys

from segdesk.engines import fingerprints


def main(arguments: list[str]) -> int:
    """Write or check the table; the exit code is 1 where it is out of date or a net could not be built."""
    prints, failed = [], 0
    for net_type, variant, title, options in fingerprints.variants():
        try:
            found = fingerprints.fingerprint(net_type, variant, title, options)
        except Exception as error:
            print(f"{net_type} {variant}: {type(error).__name__}: {error}", file=sys.stderr)
            failed = 1
            continue
        if found is not None:
            prints.append(found)
    text = fingerprints.written(prints)
    if "--check" in arguments:
        same = fingerprints.path().read_text(encoding="utf-8") == text
        print("up to date" if same else "out of date")
        return 0 if same and not failed else 1
    fingerprints.path().write_text(text, encoding="utf-8")
    print(f"{len(prints)} nets, {len(text) / 1e3:.0f} kB")
    return failed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
