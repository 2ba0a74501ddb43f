"""A convolutional network in JAX: Jacobians by jax.vmap(jax.jacrev), judged by Fenchel.

    pip install jax
    python examples/jax/judge.py numbers.npz
    fenchel judge numbers.npz --loss ce --report numbers.html

With the Python package at hand the same is fenchel.judge(**numbers, loss="ce"). The images are noise; put your own in their place.
"""

import sys

import jax
import jax.numpy as jnp
import numpy

jax.config.update("jax_enable_x64", True)


def start(key):
    """He's start of two convolutions and a head, as Flax would name them."""
    def normal(key, shape, fan):
        return jax.random.normal(key, shape) * (2 / fan) ** 0.5

    keys = jax.random.split(key, 3)
    return {
        "Conv_0": {"kernel": normal(keys[0], (3, 3, 3, 8), 27), "bias": jnp.zeros(8)},
        "Conv_1": {"kernel": normal(keys[1], (3, 3, 8, 16), 72), "bias": jnp.zeros(16)},
        "Dense_0": {"kernel": normal(keys[2], (256, 10), 256), "bias": jnp.zeros(10)},
    }


def outputs(parameters, image):
    """The logits of one image, height x width x channels."""
    x = image[None]
    for name in ("Conv_0", "Conv_1"):
        layer = parameters[name]
        x = jax.lax.conv_general_dilated(x, layer["kernel"], (2, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        x = jax.nn.gelu(x + layer["bias"], approximate=False)
    return x.reshape(-1) @ parameters["Dense_0"]["kernel"] + parameters["Dense_0"]["bias"]


def loss(parameters, image, label):
    return -jax.nn.log_softmax(outputs(parameters, image))[label]


@jax.jit
def numbers(parameters, images, labels):
    """What `fenchel judge` reads."""
    jacobians = jax.vmap(jax.jacrev(outputs), (None, 0))(parameters, images)
    rows = jnp.concatenate([block.reshape(*block.shape[:2], -1) for block in jax.tree.leaves(jacobians)], 2)
    # Of each sample's own loss: the gradient of the mean would be another thing.
    gradients = jax.vmap(jax.grad(loss), (None, 0, 0))(parameters, images, labels)
    squares = sum((leaf.reshape(len(labels), -1) ** 2).sum(1) for leaf in jax.tree.leaves(gradients))
    return {
        "logits": jax.vmap(outputs, (None, 0))(parameters, images),
        "y": labels,
        "grad_norm_sq": squares,
        "structure": jnp.einsum("nip,njp->nij", rows, rows),
    }


def main():
    parameters = start(jax.random.key(0))
    images = jax.random.normal(jax.random.key(1), (64, 16, 16, 3))
    labels = jax.random.randint(jax.random.key(2), (64,), 0, 10)
    numpy.savez(sys.argv[1], **{name: numpy.asarray(value) for name, value in numbers(parameters, images, labels).items()})


if __name__ == "__main__":
    main()
