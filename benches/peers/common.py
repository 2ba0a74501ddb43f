"""What the peers share: the timing, and the lines that they print."""

import os
import sys
import time

BATCH = 64
CLASSES = 10


def rate(work, seconds=float(os.environ.get("PEER_SECONDS", "2"))):
    """Samples per second of `work`, which does one batch: the median of as many runs as fit the time."""
    work()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    times.sort()
    return BATCH / times[len(times) // 2]


def report(model, quantity, system, value):
    print(f"{model}\t{quantity}\t{system}\t{value:.1f}", flush=True)


def attempt(model, quantity, system, measure):
    """Reports a measurement, or says on stderr why there is none."""
    try:
        report(model, quantity, system, measure())
    except Exception as error:  # A peer that cannot do one thing may do the others.
        print(f"{system}: no {quantity} of {model}: {error}", file=sys.stderr)


def wanted(model):
    only = os.environ.get("PEER_MODEL", "")
    return only in model
