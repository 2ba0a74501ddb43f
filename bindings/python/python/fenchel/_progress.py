"""A line on a terminal while a measurement runs, and nothing where there is none."""

import sys
import time


class Progress:
    """Called with how many samples are done, of how many."""

    def __init__(self, wanted):
        """`wanted`: None for a line if standard error is a terminal, a boolean, or a function to be told instead."""
        self.function = wanted if callable(wanted) else None
        self.shown = sys.stderr.isatty() if wanted is None else bool(wanted) and self.function is None
        self.started, self.last, self.ended = time.monotonic(), 0.0, False

    def __call__(self, done, total):
        if self.function:
            self.function(done, total)
        now = time.monotonic()
        if not self.shown or self.ended or (done < total and now - self.last < 0.2):
            return
        self.last = now
        left = (now - self.started) / done * (total - done) if done else None
        text = f"{done}/{total} samples" + (f", about {left:.0f} s left" if left and done < total else "")
        self.ended = done >= total
        sys.stderr.write(f"\r\x1b[K{'' if self.ended else text}")
        sys.stderr.flush()
