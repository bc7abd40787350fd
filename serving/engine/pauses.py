"""What keeps one answer from waiting for what its process does for others.  ADR 70."""

import gc
import sys

SWITCH_SECONDS = 0.001
"""How long a thread may compute while another one waits: Python's own 5 ms are added to every read, commit and send."""


def take_short_turns() -> None:
    """Let this process's threads take turns more often."""
    sys.setswitchinterval(SWITCH_SECONDS)


class Settled:
    """Keeps the garbage collector from looking again and again through what stays.

    Registers and models are half a million objects: looking through them takes .3 s, in which nobody is answered, and
    the collector did so every 1,500 answers.
    """

    def __init__(self) -> None:
        self._held: tuple[object, ...] = ()

    def hold(self, *held: object) -> None:
        """Collect what is not used any more and set the rest apart, once for everything new; `held` is what stays."""
        if len(held) == len(self._held) and all(new is old for new, old in zip(held, self._held, strict=True)):
            return
        self._held = held
        gc.unfreeze()
        gc.collect()
        gc.freeze()
