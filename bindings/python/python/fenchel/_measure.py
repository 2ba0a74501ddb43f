"""Measuring a network on samples."""

import numpy

from . import _native
from ._arrays import answers, criterion, inputs, weights
from ._progress import Progress


class Measurement:
    """What was measured of each sample; N samples, m outputs, natural logarithms, float64.

    Attributes: `logits` (N, m), `loss` (N), `residual` (N, m), `grad_norm_sq` (N), `structure` (N, m, m) unless it was not kept, `eigenvalues`
    (N, m) ascending, `U`, `L`, `D`, `lower`, `upper` (N), `roundoff` (N, 2), `entropy` (N) where a cross-entropy has soft labels.
    A sample that could not be measured is NaN in all of them and stands in `failures`.
    """

    def __init__(self, arrays, network=None, criterion=None):
        self.network, self.criterion = network, criterion
        #: Pairs of a sample and the reason why it could not be measured.
        self.failures = arrays.pop("failures")
        #: Pairs of a sample that violates theorem T11 by more than round-off, and the bound ("lower", "upper") that it crosses.
        self.violations = arrays.pop("violations")
        #: How many samples have a class and count, and how many of them are right.
        self.classified, self.right = arrays.pop("classified"), arrays.pop("right")
        #: Of judged numbers a word for each sample; None for what was measured here.
        self.verdict = arrays.pop("verdict", None)
        self._measured = arrays.pop("measured")
        self.arrays = arrays

    def __getattr__(self, name):
        arrays = self.__dict__.get("arrays", {})
        if name in arrays:
            return arrays[name]
        raise AttributeError(f"a measurement has no array `{name}`; it has {', '.join(sorted(arrays))}")

    def __dir__(self):
        return [*super().__dir__(), *self.arrays]

    def __len__(self):
        return len(self.arrays["loss"])

    @property
    def holds(self):
        """Whether lower <= loss <= upper for every sample that could be measured, round-off allowed for; of judged numbers, whether every
        verdict is "holds"."""
        if self.verdict is not None:
            return all(word == "holds" for word in self.verdict)
        return not self.violations

    def to_npz(self, path):
        """Writes the arrays as `fenchel measure` does."""
        numpy.savez(path, **self.arrays)

    def to_dataframe(self):
        """A pandas DataFrame with a row for each sample: every array of one number a sample, and the ends of the spectrum."""
        try:
            import pandas
        except ImportError as error:
            raise ImportError("to_dataframe needs pandas: pip install pandas") from error
        columns = {name: values for name, values in self.arrays.items() if values.ndim == 1}
        columns["lambda_min"], columns["lambda_max"] = self.eigenvalues[:, 0], self.eigenvalues[:, -1]
        if self.verdict is not None:
            columns["verdict"] = self.verdict
        return pandas.DataFrame(columns)

    def report(self, path):
        """Writes a page with figures, one HTML file that asks for nothing from outside."""
        self._measured.report(path, self.criterion.loss, self.network)

    def summary(self):
        """A table of text: mean, minimum, median and maximum of each quantity."""
        known = ~numpy.isnan(self.loss)
        if not known.any():
            return f"{len(self)} samples, none of which is defined; sample {self.failures[0][0]}: {self.failures[0][1]}"
        columns = [(name, self.arrays[name]) for name in ("loss", "grad_norm_sq")]
        columns += [("lambda_min", self.eigenvalues[:, 0]), ("lambda_max", self.eigenvalues[:, -1])]
        columns += [(name, self.arrays[name]) for name in ("U", "L", "D", "lower", "upper")]
        lines = [f"{'quantity':<13} {'mean':>11} {'min':>11} {'median':>11} {'max':>11}"]
        for name, values in columns:
            values = values[known]
            with numpy.errstate(invalid="ignore"):
                numbers = (values.mean(), values.min(), numpy.median(values), values.max())
            lines.append(f"{name:<13} " + " ".join(f"{number:>11.4g}" for number in numbers))
        lines.append("")
        lines.append(f"{len(self)} samples, {self.logits.shape[1]} outputs" + (
            f", {self.right} of {self.classified} classified right" if self.classified else ""))
        if self.failures:
            sample, reason = self.failures[0]
            lines.append(f"{len(self.failures)} could not be measured; sample {sample}: {reason}")
        judged = int(known.sum())
        if self.verdict is not None:
            apart = sum(word.startswith(("apart", "indefinite")) for word in self.verdict)
            judged -= apart
            if apart:
                lines.append(f"{apart} have arrays that do not belong together")
        lines.append(f"lower <= loss <= upper holds for {judged - len(self.violations)} of {judged} samples, round-off allowed for")
        return "\n".join(lines)

    def __repr__(self):
        return self.summary()


def network_of(model, x, precision="f64"):
    """The network to be measured: itself, or the one that a module of PyTorch describes."""
    if isinstance(model, _native.Network):
        return model
    if type(model).__module__.partition(".")[0] == "fenchel" or not hasattr(model, "named_modules"):
        raise TypeError(
            f"`model` is a {type(model).__name__}; give a module of PyTorch in evaluation mode, or a fenchel.Network. For other systems "
            "compute logits, structural matrices and gradient norms there, and give them to fenchel.judge"
        )
    from .torch import network

    samples = inputs(x)
    finite = next((sample for sample in samples if numpy.isfinite(sample).all()), None)
    return network(model, tuple(samples.shape[1:]), precision, finite)


def measure(
    model,
    x,
    y,
    loss="ce",
    *,
    smoothing=0.0,
    class_weights=None,
    ignore_label=None,
    weight=None,
    precision="f64",
    threads=None,
    structure=True,
    progress=None,
):
    """Measures every sample.

    model: a torch.nn.Module in evaluation mode, or a fenchel.Network.
    x: samples, (N, C, H, W) or (N, d), as the model takes them.
    y: labels of any integer type; one-hot or soft labels (N, m); real targets (N, m), or (N) for one output.
    loss: "ce", "squared", "logistic" (binary cross-entropy with logits), "sparsemax", "entmax:ALPHA", "norm-power:C:R", "power:K",
        or a fenchel.Criterion. The loss of a sample, its infimum taken off: for soft labels the cross-entropy less their entropy.
    smoothing, class_weights, ignore_label: as in torch.nn.CrossEntropyLoss. weight: one for each sample.
    precision: "f64" or "f32", of the passes through the network.
    structure: whether the matrices themselves are kept, N m^2 numbers.
    progress: None (a line on a terminal), True, False, or a function of (done, total).

    The Jacobian is in all parameters, those with requires_grad = False among them. The result has the same bits at any number of threads.
    Raises ValueError with the thing and the remedy.
    """
    rule = criterion(loss, smoothing, class_weights, ignore_label)
    network = network_of(model, x, precision)
    arrays = _native.measure(
        network, inputs(x), answers(y), rule, weights(weight), threads, structure, Progress(progress)
    )
    return Measurement(arrays, network, rule)


def gradient_norms(model, x, y, loss="ce", **settings):
    """The norm of the gradient of each sample's loss in all parameters; settings as for `measure`."""
    return numpy.sqrt(measure(model, x, y, loss, structure=False, **settings).grad_norm_sq)


def extreme_eigenvalues(model, x, *, precision="f64", threads=None, progress=None):
    """The smallest and the largest eigenvalue of each sample's structural matrix, (N, 2)."""
    network = network_of(model, x, precision)
    samples = inputs(x)
    # The loss does not enter: any targets do.
    targets = numpy.zeros((len(samples), network.outputs))
    arrays = _native.measure(network, samples, targets, criterion("squared"), None, threads, False, Progress(progress))
    return arrays["eigenvalues"][:, [0, -1]]


def mean_gradient(model, x, y, loss="ce", *, smoothing=0.0, class_weights=None, ignore_label=None, weight=None, precision="f64", threads=None):
    """The gradient of the mean loss (divided by the sum of the weights), a dict of arrays by parameter name."""
    rule = criterion(loss, smoothing, class_weights, ignore_label)
    return _native.mean_gradient(network_of(model, x, precision), inputs(x), answers(y), rule, weights(weight), threads)


def layer_parts(model, x, *, precision="f64", threads=None):
    """Each layer's part of the structural matrices (T13), and what is left below the head (T12).

    A dict: `layers`, the paths of the layers with parameters; `trace`, `lambda_min`, `lambda_max` (N, layers) of each part; and
    `below_head_trace`, `below_head_lambda_min`, `below_head_lambda_max` (N).
    """
    return _native.layer_parts(network_of(model, x, precision), inputs(x), threads)


def tangent_kernel(model, a, b=None, *, precision="f64", threads=None):
    """The empirical neural tangent kernel between two sets of samples, (N_a, m, N_b, m); b = None for a itself."""
    network = network_of(model, a, precision)
    other = None if b is None else inputs(b, "b")
    kernel = _native.tangent_kernel(network, inputs(a, "a"), other, threads)
    m = network.outputs
    return kernel.reshape(kernel.shape[0] // m, m, kernel.shape[1] // m, m)
