"""Kernels to hand in: what there is once in each (`Kernel.of`), and its clock."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ppio_widgets.runtime import kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppio_widgets.runtime.clock import Clock


def start_kernel(clock: Clock | None = None, *, threads: bool = True) -> kernel.Kernel:
    """Make a new kernel current, by the clock of the one before it; nobody has a session yet."""
    clock = clock or kernel.current().clock
    kernel._kernels = {None: kernel.Kernel(clock, threads=threads)}
    return kernel.current()


@contextmanager
def own_kernel() -> Iterator[None]:
    """Have a kernel of one's own meanwhile, and none of its sessions."""
    before, kernel._kernels = kernel._kernels, {}
    try:
        yield
    finally:
        kernel._kernels = before
