"""Measure: `python -m benchmarks NAME --json FILE`. Without a name it lists what there is."""

import sys

from benchmarks.start import start

if __name__ == "__main__":
    start(sys.argv[1] if sys.argv[1:] else "", sys.argv[2:])
