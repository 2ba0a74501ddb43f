"""JAX: jitted training, vmap of grad and of jacrev."""

import os

threads = os.environ.get("PEER_THREADS", "1")
os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'true' if threads != '1' else 'false'} intra_op_parallelism_threads={threads}"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp

from common import BATCH, CLASSES, attempt, rate, wanted


def dense(key, n_in, n_out):
    bound = n_in**-0.5
    return {"w": jax.random.uniform(key, (n_in, n_out), minval=-bound, maxval=bound), "b": jnp.zeros(n_out)}


def conv(key, c_in, c_out, k):
    bound = (c_in * k * k) ** -0.5
    return {"w": jax.random.uniform(key, (k, k, c_in, c_out), minval=-bound, maxval=bound), "b": jnp.zeros(c_out)}


def apply_dense(p, x):
    return x @ p["w"] + p["b"]


def apply_conv(p, x, stride=1, padding=0):
    pads = ((padding, padding), (padding, padding))
    y = jax.lax.conv_general_dilated(x, p["w"], (stride, stride), pads, dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return y + p["b"]


def max_pool(x):
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def mlp(keys):
    parameters = [dense(next(keys), 784, 256), dense(next(keys), 256, 256), dense(next(keys), 256, CLASSES)]

    def apply(p, x):
        x = x.reshape(len(x), -1)
        return apply_dense(p[2], jax.nn.relu(apply_dense(p[1], jax.nn.relu(apply_dense(p[0], x)))))

    return parameters, apply


def lenet(keys, channels, padding):
    parameters = [conv(next(keys), channels, 6, 5), conv(next(keys), 6, 16, 5), dense(next(keys), 400, 120),
                  dense(next(keys), 120, 84), dense(next(keys), 84, CLASSES)]

    def apply(p, x):
        x = max_pool(jax.nn.relu(apply_conv(p[0], x, padding=padding)))
        x = max_pool(jax.nn.relu(apply_conv(p[1], x))).reshape(len(x), -1)
        return apply_dense(p[4], jax.nn.relu(apply_dense(p[3], jax.nn.relu(apply_dense(p[2], x)))))

    return parameters, apply


def resnet(keys):
    sizes = [(16, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)]
    blocks = [
        {"first": conv(next(keys), i, o, 3), "second": conv(next(keys), o, o, 3)}
        | ({"shortcut": conv(next(keys), i, o, 1)} if s > 1 else {})
        for i, o, s in sizes
    ]
    parameters = {"stem": conv(next(keys), 3, 16, 3), "blocks": blocks, "head": dense(next(keys), 64, CLASSES)}

    def apply(p, x):
        x = jax.nn.relu(apply_conv(p["stem"], x, padding=1))
        for block, (_, _, stride) in zip(p["blocks"], sizes):
            h = apply_conv(block["second"], jax.nn.relu(apply_conv(block["first"], x, stride, 1)), padding=1)
            x = jax.nn.relu(h + (apply_conv(block["shortcut"], x, stride) if "shortcut" in block else x))
        return apply_dense(p["head"], x.mean((1, 2)))

    return parameters, apply


def models():
    keys = iter(jax.random.split(jax.random.key(0), 100))
    yield "mlp-784-256-256-10", *mlp(keys), (28, 28, 1)
    yield "lenet5-28x28", *lenet(keys, 1, 2), (28, 28, 1)
    yield "lenet5-32x32x3", *lenet(keys, 3, 0), (32, 32, 3)
    yield "resnet-2-2-2-32x32x3", *resnet(keys), (32, 32, 3)


def training(apply, parameters, x, y):
    def loss(p):
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(apply(p, x)), y[:, None], 1))

    @jax.jit
    def step(p, momentum):
        momentum = jax.tree.map(lambda m, g: 0.9 * m + g, momentum, jax.grad(loss)(p))
        return jax.tree.map(lambda p, m: p - 1e-4 * m, p, momentum), momentum

    state = [parameters, jax.tree.map(jnp.zeros_like, parameters)]

    def work():
        state[:] = jax.block_until_ready(step(*state))

    return rate(work)


def gradient_norms(apply, parameters, x, y):
    def loss(p, x, y):
        return -jax.nn.log_softmax(apply(p, x[None])[0])[y]

    def norms(p, x, y):
        return sum(jnp.sum(g**2) for g in jax.tree.leaves(jax.grad(loss)(p, x, y)))

    work = jax.jit(jax.vmap(norms, (None, 0, 0)))
    return rate(lambda: jax.block_until_ready(work(parameters, x, y)))


def structure(apply, parameters, x):
    def gram(p, x):
        jacobian = jax.jacrev(lambda p: apply(p, x[None])[0])(p)
        return sum(j.reshape(CLASSES, -1) @ j.reshape(CLASSES, -1).T for j in jax.tree.leaves(jacobian))

    work = jax.jit(lambda p, x: jnp.linalg.eigvalsh(jax.vmap(gram, (None, 0))(p, x)))
    return rate(lambda: jax.block_until_ready(work(parameters, x)))


def main():
    for name, parameters, apply, shape in models():
        if not wanted(name):
            continue
        key = jax.random.key(1)
        x, y = jax.random.normal(key, (BATCH, *shape)), jax.random.randint(key, (BATCH,), 0, CLASSES)
        attempt(name, "training", "JAX jit", lambda: training(apply, parameters, x, y))
        attempt(name, "gradient norms", "JAX vmap(grad)", lambda: gradient_norms(apply, parameters, x, y))
        attempt(name, "structure", "JAX vmap(jacrev)", lambda: structure(apply, parameters, x))


if __name__ == "__main__":
    main()
