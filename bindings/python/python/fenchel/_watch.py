"""The sandwich along a training: measured every so many steps of a plain loop."""

import math
import warnings

import numpy

from ._measure import measure
from ._native import Unmeasurable


class Watcher:
    """Measures a model on fixed samples as it is trained.

        watch = fenchel.Watcher(model, x, y, loss="ce", every=100)
        for step, (inputs, targets) in enumerate(loader):
            ...                        # one step of the training
            watch(step)
        watch.lower, watch.loss, watch.upper      # medians over the samples, one number a measurement
        watch.report("training.html")

    The model is put into evaluation mode for the measurement, and back; nothing else of it is touched, and no random number is drawn.
    """

    #: What is recorded of each measurement: the median over the samples, which lie as the samples do, lower <= loss <= upper, and which
    #: one singular matrix does not make infinite. Then `risk` and `grad_norm_sq`, the means of losses and of squared gradient norms.
    MEDIANS = ("loss", "lower", "upper", "D", "U", "L")

    def __init__(self, model, x, y, loss="ce", *, every=1, **settings):
        if every < 1:
            raise ValueError(f"`every` is {every}, but must be at least 1")
        if not hasattr(model, "modules"):
            raise TypeError(f"`model` is a {type(model).__name__}; a module of PyTorch that is trained can be watched")
        self.model, self.x, self.y, self.loss_name = model, x, y, loss
        self.every, self.settings = every, {"progress": False, **settings}
        self.steps, self.violations, self.records = [], [], {name: [] for name in (*self.MEDIANS, "risk", "grad_norm_sq")}
        self.last = None

    def __call__(self, step):
        """Measures if `step` is a multiple of `every`; returns the measurement, or None."""
        if step % self.every:
            return None
        modes = [(module, module.training) for module in self.model.modules()]
        try:
            self.model.eval()
            measured = measure(self.model, self.x, self.y, self.loss_name, structure=False, **self.settings)
        except Unmeasurable as error:
            # A training that diverged goes on as its owner wants; the record says that nothing could be measured.
            warnings.warn(f"step {step}: {error}", stacklevel=2)
            measured = None
        finally:
            for module, training in modes:
                module.training = training
        self.steps.append(step)
        if measured is None:
            self.violations.append(0)
            for values in self.records.values():
                values.append(math.nan)
            return None
        self.violations.append(len(measured.violations))
        known = ~numpy.isnan(measured.loss)
        for name in self.MEDIANS:
            self.records[name].append(median(measured.arrays[name][known]))
        self.records["risk"].append(float(measured.loss[known].mean()))
        self.records["grad_norm_sq"].append(float(measured.grad_norm_sq[known].mean()))
        self.last = measured
        return measured

    def report(self, path):
        """Writes a page: medians and means along the training, and the last measurement."""
        if self.last is None:
            raise ValueError("nothing has been measured yet; call the watcher with a step that `every` divides")
        along = {"steps": self.steps, **self.records}
        self.last._measured.report(path, self.last.criterion.loss, self.last.network, along)

    def __getattr__(self, name):
        records = self.__dict__.get("records", {})
        if name in records:
            return numpy.array(records[name])
        raise AttributeError(f"a watcher has no record `{name}`; it has {', '.join(records)}")


def median(values):
    """The middle value, the lower one of two: an order statistic, so that medians keep the order of the samples."""
    return float(numpy.sort(values)[(len(values) - 1) // 2])
