"""neural-tangents: the structural matrices by structured derivatives, of the models in `jax_peer`."""

# First, as it sets the threads before JAX starts.
from jax_peer import models

import jax
import jax.numpy as jnp
import neural_tangents as nt

from common import BATCH, attempt, rate, wanted


def structured_derivatives(apply, parameters, x):
    kernel = nt.empirical_ntk_fn(lambda p, x: apply(p, x), trace_axes=(), vmap_axes=0,
                                 implementation=nt.NtkImplementation.STRUCTURED_DERIVATIVES)

    def one(p, x):
        return kernel(x[None], None, p)[0, 0]

    work = jax.jit(lambda p, x: jnp.linalg.eigvalsh(jax.vmap(one, (None, 0))(p, x)))
    return rate(lambda: jax.block_until_ready(work(parameters, x)))


def main():
    for name, parameters, apply, shape in models():
        if not wanted(name):
            continue
        x = jax.random.normal(jax.random.key(1), (BATCH, *shape))
        attempt(name, "structure", "neural-tangents", lambda: structured_derivatives(apply, parameters, x))


if __name__ == "__main__":
    main()
