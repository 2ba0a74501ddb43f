"""The native part: arrays in, arrays out. Arrays are float64, answers int64 or float64."""

from collections.abc import Callable
from os import PathLike
from typing import Any

from numpy import float64, int64
from numpy.typing import NDArray

Floats = NDArray[float64]

__version__: str
QUANTITIES: list[tuple[str, str, str]]

class Unmeasurable(ValueError): ...

class Network:
    def __new__(cls, description: str, tensors: dict[str, NDArray[Any]], precision: str = "f64") -> Network: ...
    @property
    def outputs(self) -> int: ...
    @property
    def input_shape(self) -> list[int]: ...
    @property
    def reads_ids(self) -> bool: ...
    @property
    def precision(self) -> str: ...
    @property
    def parameters(self) -> int: ...
    @property
    def layers(self) -> list[str]: ...
    @property
    def toml(self) -> str: ...
    def table(self) -> str: ...

class Criterion:
    def __new__(
        cls, loss: str, smoothing: float = 0.0, class_weights: list[float] | None = None, ignore_label: int | None = None
    ) -> Criterion: ...
    @property
    def loss(self) -> str: ...

class Measured:
    def report(
        self, path: str | PathLike[str], loss: str, network: Network | None = None, along: dict[str, list[float]] | None = None
    ) -> None: ...

def measure(
    network: Network,
    x: Floats,
    y: Floats | NDArray[int64],
    criterion: Criterion,
    weight: list[float] | None = None,
    threads: int | None = None,
    structure: bool = True,
    progress: Callable[[int, int], object] | None = None,
) -> dict[str, Any]: ...
def outputs(network: Network, x: Floats) -> Floats: ...
def mean_gradient(
    network: Network,
    x: Floats,
    y: Floats | NDArray[int64],
    criterion: Criterion,
    weight: list[float] | None = None,
    threads: int | None = None,
) -> dict[str, Floats]: ...
def layer_parts(network: Network, x: Floats, threads: int | None = None) -> dict[str, Any]: ...
def tangent_kernel(network: Network, a: Floats, b: Floats | None = None, threads: int | None = None) -> Floats: ...
def judge(
    logits: Floats,
    y: Floats | NDArray[int64],
    grad_norm_sq: Floats,
    criterion: Criterion,
    structure: Floats | None = None,
    eigenvalues: Floats | None = None,
    weight: list[float] | None = None,
    error: float | None = None,
    roundoff: Floats | None = None,
    single: bool = False,
) -> dict[str, Any]: ...
def check(
    side: str,
    f: Callable[[Floats], float],
    gradient: Callable[[Floats], Floats],
    dimension: int,
    constant: float,
    exponent: float = 2.0,
    p: float = 2.0,
    lower: list[float] | None = None,
    upper: list[float] | None = None,
    simplex: bool = False,
    budget: int = 20_000,
    seed: int = 0,
) -> dict[str, Any]: ...
def catalogue(dimension: int) -> list[dict[str, Any]]: ...
def loss(name: str, y: Floats, f: Floats) -> tuple[float, Floats]: ...
def loss_bounds(name: str, y: Floats, t: float) -> tuple[float, float]: ...
