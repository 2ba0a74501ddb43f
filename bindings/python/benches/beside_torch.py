"""Time and peak memory of structural matrices and gradient norms, beside torch.func at its best.

    python bindings/python/benches/beside_torch.py --threads 1 --turns 3

Each measurement is a process of its own, in turns; the peak is that of the process above what it had after its imports and the model.
PyTorch's ways: `chunked`, vmap(jacrev) over as many samples as fit, contracted inside the function; `looped`, jacrev sample by sample. Its
allocator is told to keep its heap. BackPACK has no structural matrix; its per-sample gradients are not timed here.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

MODELS = {
    # name: samples, input shape, samples of a chunk
    "lenet5": (64, (1, 28, 28), 32),
    "mlp": (256, (784,), 64),
    "resnet18": (4, (3, 32, 32), 1),
    "mobilenet_v2": (4, (3, 32, 32), 1),
    "vit": (16, (3, 32, 32), 4),
}

WAYS = ["fenchel", "chunked", "looped"]


def model_of(name, shape):
    from torch import nn

    if name == "mlp":
        return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))
    if name == "lenet5":
        return nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
        )
    import torchvision

    if name == "vit":
        return torchvision.models.VisionTransformer(
            image_size=32, patch_size=4, num_layers=6, num_heads=3, hidden_dim=192, mlp_dim=384, num_classes=10
        )
    return torchvision.models.get_model(name, num_classes=10)


def by_torch(model, x, y, chunk):
    """Structural matrices and squared gradient norms, `chunk` samples at a time; None for one by one."""
    import torch
    from torch.func import functional_call, jacrev, vmap

    parameters, buffers = {k: v.detach() for k, v in model.named_parameters()}, dict(model.named_buffers())

    def one(sample, label):
        def outputs(p):
            out = functional_call(model, (p, buffers), (sample[None],))[0]
            return out, out

        jacobian, out = jacrev(outputs, has_aux=True)(parameters)
        residual = torch.softmax(out, 0) - label
        structure = sum(block.flatten(1) @ block.flatten(1).T for block in jacobian.values())
        square = sum((residual @ block.flatten(1)).square().sum() for block in jacobian.values())
        return structure, square

    labels = torch.nn.functional.one_hot(y, 10).to(x.dtype)
    if chunk is None:
        return [one(sample, label) for sample, label in zip(x, labels)]
    batched = vmap(one)
    return [batched(x[i : i + chunk], labels[i : i + chunk]) for i in range(0, len(x), chunk)]


def work(name, way, precision, threads):
    """One measurement in this process; prints seconds and megabytes."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    samples, shape, chunk = MODELS[name]
    kind = torch.float64 if precision == "f64" else torch.float32
    model = model_of(name, shape).to(kind).eval()
    x, y = torch.randn(samples, *shape, dtype=kind), torch.randint(10, (samples,))
    if way == "fenchel":
        import fenchel
        from fenchel.torch import network as network_of
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if way == "fenchel":
        import fenchel

        from fenchel.torch import network as network_of

        network = network_of(model, shape, precision)
        run = lambda: fenchel.measure(network, x, y, threads=threads)  # noqa: E731
    else:
        run = lambda: by_torch(model, x, y, chunk if way == "chunked" else None)  # noqa: E731
    run()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"seconds": min(times) / samples, "megabytes": peak / 1024}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--precisions", default="f32,f64")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        return work(*options.one, options.threads)
    environment = dict(os.environ, MALLOC_MMAP_MAX_="0", MALLOC_TRIM_THRESHOLD_=str(1 << 40), MALLOC_TOP_PAD_=str(64 << 20))
    print(f"{options.threads} threads; milliseconds a sample (median of {options.turns} turns, range), peak memory in MB")
    for name in options.models.split(","):
        for precision in options.precisions.split(","):
            found = {way: [] for way in WAYS}
            for _ in range(options.turns):
                for way in WAYS:
                    command = [sys.executable, __file__, "--threads", str(options.threads), "--one", name, way, precision]
                    out = subprocess.run(command, env=environment, capture_output=True, text=True)
                    if out.returncode == 0:
                        found[way].append(json.loads(out.stdout.splitlines()[-1]))
                    else:
                        print(f"  {name} {way}: {out.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            middle = {way: statistics.median(o["seconds"] for o in runs) for way, runs in found.items() if runs}
            for way, runs in found.items():
                if runs:
                    times = sorted(1e3 * o["seconds"] for o in runs)
                    memory = statistics.median(o["megabytes"] for o in runs)
                    print(f"{name:<13} {precision} {way:<8} {1e3 * middle[way]:9.2f} [{times[0]:.2f}, {times[-1]:.2f}]  {memory:7.0f} MB")
            if "fenchel" in middle and len(middle) > 1:
                best = min((way for way in middle if way != "fenchel"), key=middle.get)
                print(f"{name:<13} {precision} best of PyTorch ({best}) over fenchel: {middle[best] / middle['fenchel']:.1f}", flush=True)


if __name__ == "__main__":
    main()
