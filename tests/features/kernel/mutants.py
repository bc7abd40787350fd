"""Wrong kernels: one place of the kernel's source changed, everything that uses it linked to the change."""

import ast
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numba

ROOM = "features"
"""Where the changed modules lie, unless a mutant says otherwise; only this room is linked to the change."""


@dataclass(frozen=True)
class Mutant:
    """`old` in a module's source, which stands there `times` times, becomes `new` at its `place` (from 0)."""

    module: str
    old: str
    new: str
    place: int = 0
    room: str = ROOM

    @property
    def id(self) -> str:
        return f"{self.module}: {self.old} -> {self.new}" + (f" ({self.place})" if self.place else "")

    def source(self, module: ModuleType) -> str:
        """The changed source.  Raises AssertionError when the kernel has no such place any more: the table is stale."""
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        parts = text.split(self.old)
        assert len(parts) > self.place + 1, f"{self.module} no longer says `{self.old}`"
        at = self.place + 1
        changed = self.old.join(parts[:at]) + self.new + self.old.join(parts[at:])
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text)), self.id
        return changed


@contextmanager
def alive(mutant: Mutant) -> Iterator[None]:
    """The kernel with this mistake in it; compiled loops of the changed module run as plain Python."""
    module = importlib.import_module(f"{mutant.room}.{mutant.module}")
    source = mutant.source(module)
    kept = {name: dict(vars(other)) for name, other in _modules(mutant.room)}
    jit = numba.config.DISABLE_JIT
    before = {name: value for name, value in vars(module).items() if callable(value)}
    try:
        numba.config.DISABLE_JIT = True
        exec(compile(source, str(module.__file__), "exec"), vars(module))
        changes = {id(old): vars(module)[name] for name, old in before.items() if vars(module).get(name) is not old}
        for _, other in _modules(mutant.room):
            _link(vars(other), changes)
        yield
    finally:
        numba.config.DISABLE_JIT = jit
        for name, held in kept.items():
            vars(sys.modules[name]).clear()
            vars(sys.modules[name]).update(held)


def _modules(room: str) -> list[tuple[str, ModuleType]]:
    return [(name, module) for name, module in sys.modules.items() if f"{name}.".startswith(f"{room}.")]


def _link(names: dict[str, Any], changes: dict[int, Any]) -> None:
    """Every name, and every value of a table of names, that meant the right thing now means the wrong one."""
    for name, value in list(names.items()):
        if id(value) in changes:
            names[name] = changes[id(value)]
        elif isinstance(value, dict) and any(id(one) in changes for one in value.values()):
            names[name] = {key: changes.get(id(one), one) for key, one in value.items()}
