"""Arrays in, arrays out: without PyTorch."""

import math

import numpy
import pytest

import fenchel

LINEAR = 'input = [2]\nlayers = [{ type = "dense", outputs = 3 }]\n'
WEIGHT = numpy.array([[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]])
BIAS = numpy.array([0.1, -0.2, 0.3])


def linear(precision="f64"):
    return fenchel.Network(LINEAR, {"0.weight": WEIGHT, "0.bias": BIAS}, precision)


def samples(n):
    return numpy.sin(0.7 * numpy.arange(2 * n)).reshape(n, 2) * 2


def test_a_linear_network_is_measured_as_the_formulas_say():
    x, y = samples(1500), numpy.arange(1500) % 3
    m = fenchel.measure(linear(), x, y, loss="squared")
    factor = (x**2).sum(1) + 1
    residual = x @ WEIGHT.T + BIAS - numpy.eye(3)[y]
    assert numpy.allclose(m.structure, factor[:, None, None] * numpy.eye(3), rtol=1e-14, atol=0)
    assert numpy.allclose(m.loss, (residual**2).sum(1) / 2, rtol=1e-13)
    assert numpy.allclose(m.grad_norm_sq, (residual**2).sum(1) * factor, rtol=1e-13)
    assert (m.lower <= m.loss).all() and (m.loss <= m.upper).all() and m.holds
    assert len(m) == m.classified == 1500 and "1500 of 1500" in repr(m)


def test_any_number_of_threads_gives_the_same_bits():
    x, y = samples(700), numpy.arange(700) % 3
    one, two = (fenchel.measure(linear(), x, y, threads=n) for n in (1, 2))
    for name, values in one.arrays.items():
        assert values.tobytes() == two.arrays[name].tobytes(), name


def test_labels_of_every_type_are_the_same_and_fractions_are_none():
    x = samples(3)
    expected = fenchel.measure(linear(), x, [0, 2, 1]).loss
    for kind in ("int8", "uint8", "int32", ">i4", "uint64"):
        assert (fenchel.measure(linear(), x, numpy.array([0, 2, 1], dtype=kind)).loss == expected).all()
    assert (fenchel.measure(linear(), x, numpy.eye(3)[[0, 2, 1]]).loss == expected).all()
    with pytest.raises(ValueError, match="no labels"):
        fenchel.measure(linear(), x, [0.5, 1.0, 2.0])
    with pytest.raises(ValueError, match=r'astype\("int64"\)'):
        fenchel.measure(linear(), x, [0.0, 1.0, 2.0])
    with pytest.raises(TypeError, match="`y` has the type"):
        fenchel.measure(linear(), x, ["a", "b", "c"])
    with pytest.raises(ValueError, match="sample 1 in `y` is 3"):
        fenchel.measure(linear(), x, [0, 3, 1])
    with pytest.raises(ValueError, match="`y` of sample 1 is NaN"):
        fenchel.measure(linear(), x, [[1.0, 0, 0], [math.nan, 0, 0], [1, 0, 0]])
    with pytest.raises(ValueError, match="beyond 64 bits"):
        fenchel.measure(linear(), x, numpy.array([0, 1, 2**64 - 1], dtype="uint64"))


def test_one_logit_real_targets_weights_and_smoothing():
    one = fenchel.Network('input = [2]\nlayers = [{ type = "dense", outputs = 1 }]\n', {"0.weight": WEIGHT[:1], "0.bias": BIAS[:1]})
    x = samples(4)
    f = x @ WEIGHT[0] + BIAS[0]
    y = numpy.array([0, 1, 1, 0])
    expected = numpy.logaddexp(0, f) - y * f
    assert numpy.allclose(fenchel.measure(one, x, y, loss="logistic").loss, expected, rtol=1e-13)
    weighed = fenchel.measure(one, x, y, loss="logistic", class_weights=[1, 3], weight=[1, 2, 1, 0])
    assert numpy.allclose(weighed.loss, expected * [1, 6, 3, 0], rtol=1e-13)
    assert weighed.classified == 3
    assert numpy.allclose(fenchel.measure(one, x, [0.5, -1, 7, 0], loss="squared").loss, (f - [0.5, -1, 7, 0]) ** 2 / 2, rtol=1e-13)
    with pytest.raises(ValueError, match="of one output it is 0"):
        fenchel.measure(one, x, y, loss="ce")
    smooth = fenchel.measure(linear(), x, [0, 1, 2, 0], smoothing=0.3)
    logits = x @ WEIGHT.T + BIAS
    soft = 0.7 * numpy.eye(3)[[0, 1, 2, 0]] + 0.1
    log_p = logits - numpy.log(numpy.exp(logits).sum(1, keepdims=True))
    assert numpy.allclose(smooth.loss + smooth.entropy, -(soft * log_p).sum(1), rtol=1e-13)
    ignored = fenchel.measure(linear(), x, [0, -100, 2, 0], ignore_label=-100)
    assert ignored.loss[1] == ignored.upper[1] - ignored.upper[1] == 0 and ignored.classified == 3


def test_a_bad_sample_is_named_and_the_others_measured():
    x = samples(5)
    x[3, 0] = math.nan
    m = fenchel.measure(linear(), x, [0, 1, 2, 0, 1])
    assert [sample for sample, _ in m.failures] == [3] and numpy.isnan(m.loss[3]) and not numpy.isnan(m.loss[[0, 1, 2, 4]]).any()
    assert "sample 3: number 0 of its input is NaN" in repr(m)
    with pytest.raises(ValueError, match="none of 5 samples"):
        fenchel.measure(linear(), numpy.full((5, 2), math.inf), [0] * 5)


def test_other_quantities_agree_with_the_measurement():
    x, y = samples(6), [0, 1, 2, 0, 1, 2]
    m = fenchel.measure(linear(), x, y)
    assert (fenchel.gradient_norms(linear(), x, y) == numpy.sqrt(m.grad_norm_sq)).all()
    assert (fenchel.extreme_eigenvalues(linear(), x) == m.eigenvalues[:, [0, -1]]).all()
    kernel = fenchel.tangent_kernel(linear(), x)
    assert kernel.shape == (6, 3, 6, 3)
    for i in range(6):
        assert numpy.allclose(kernel[i, :, i], m.structure[i], rtol=1e-13, atol=1e-13)
    assert numpy.allclose(fenchel.tangent_kernel(linear(), x[:2], x[2:]), kernel[:2, :, 2:], rtol=1e-13, atol=1e-13)
    parts = fenchel.layer_parts(linear(), x)
    assert parts["layers"] == ["0"] and numpy.allclose(parts["trace"][:, 0], m.structure.trace(axis1=1, axis2=2))
    gradient = fenchel.mean_gradient(linear(), x, y)
    assert numpy.allclose(gradient["0.bias"], m.residual.mean(0), rtol=1e-13, atol=1e-15)
    assert numpy.allclose(gradient["0.weight"], m.residual.T @ x / 6, rtol=1e-13, atol=1e-15)


def test_results_are_written(tmp_path):
    m = fenchel.measure(linear(), samples(3), [0, 1, 2])
    m.to_npz(tmp_path / "out.npz")
    with numpy.load(tmp_path / "out.npz") as again:
        assert set(again.files) == set(m.arrays) and (again["D"] == m.D).all()
    m.report(tmp_path / "out.html")
    page = (tmp_path / "out.html").read_text()
    assert page.count("<svg") == 5 and "Spectra" in page and "http://" not in page.replace("http://www.w3.org", "")
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        m.report(tmp_path / "file" / "out.html")
    with pytest.raises(AttributeError, match="no array `d`"):
        m.d


def test_progress_is_told_and_an_interrupt_ends_the_work():
    told = []
    fenchel.measure(linear(), samples(2500), numpy.zeros(2500, int), progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 2500) and told[-1] == (2500, 2500) and len(told) > 2

    def stop(done, total):
        if done:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        fenchel.measure(linear(), samples(2500), numpy.zeros(2500, int), progress=stop)


def test_what_a_network_refuses_is_named():
    with pytest.raises(ValueError, match="description, line 2.*`denze`"):
        fenchel.Network('input = [2]\nlayers = [{ type = "denze", outputs = 3 }]\n', {})
    with pytest.raises(ValueError, match="lacks `0.bias`"):
        fenchel.Network(LINEAR, {"0.weight": WEIGHT})
    with pytest.raises(ValueError, match="0.weight"):
        fenchel.Network(LINEAR, {"0.weight": WEIGHT.T.copy(), "0.bias": BIAS})
    with pytest.raises(TypeError, match="0.weight"):
        fenchel.Network(LINEAR, {"0.weight": WEIGHT.astype("complex128"), "0.bias": BIAS})
    with pytest.raises(ValueError, match="f16"):
        linear("f16")
    with pytest.raises(ValueError, match="`x` has shape"):
        fenchel.measure(linear(), numpy.zeros((2, 5)), [0, 1])
    with pytest.raises(TypeError, match="fenchel.judge"):
        fenchel.measure(lambda x: x, samples(2), [0, 1])


def test_numbers_from_elsewhere_are_judged():
    m = fenchel.measure(linear(), samples(4), [0, 1, 2, 0])
    again = fenchel.judge(m.logits, [0, 1, 2, 0], m.grad_norm_sq, structure=m.structure)
    assert again.verdict == ["holds"] * 4 and numpy.allclose(again.D, m.D)
    ends = fenchel.judge(m.logits, [0, 1, 2, 0], m.grad_norm_sq, eigenvalues=m.eigenvalues[:, [0, -1]])
    assert ends.verdict == ["holds"] * 4
    # Gradients of the mean loss instead of each sample's: the mistake that is made most.
    wrong = fenchel.judge(m.logits, [0, 1, 2, 0], m.grad_norm_sq / 16, structure=m.structure)
    assert all(word.startswith("apart") for word in wrong.verdict)
    single = fenchel.judge(m.logits.astype("float32"), [0, 1, 2, 0], m.grad_norm_sq, structure=m.structure)
    assert single.verdict == ["holds"] * 4
    with pytest.raises(ValueError, match="either `structure` or `eigenvalues`"):
        fenchel.judge(m.logits, [0, 1, 2, 0], m.grad_norm_sq)
    with pytest.raises(ValueError, match="`grad_norm_sq` has shape"):
        fenchel.judge(m.logits, [0, 1, 2, 0], m.grad_norm_sq[:3], structure=m.structure)


def test_the_order_in_memory_changes_nothing():
    by_column = {"0.weight": numpy.asfortranarray(WEIGHT), "0.bias": numpy.repeat(BIAS, 2)[::2]}
    expected = fenchel.measure(linear(), samples(4), [0, 1, 2, 0])
    other = fenchel.measure(fenchel.Network(LINEAR, by_column), numpy.asfortranarray(samples(4)), [0, 1, 2, 0])
    assert (other.logits == expected.logits).all() and (other.structure == expected.structure).all()


def test_numbers_that_do_not_belong_together_say_nothing_of_the_theorem():
    m = fenchel.measure(linear(), samples(3), [0, 1, 2])
    wrong = fenchel.judge(m.logits, [0, 1, 2], m.grad_norm_sq * [1e4, 1, 1], structure=m.structure)
    assert wrong.verdict[0].startswith("apart") and wrong.verdict[1:] == ["holds"] * 2 and wrong.violations == [] and not wrong.holds
    assert "holds for 2 of 2 samples" in repr(wrong) and "1 have arrays that do not belong together" in repr(wrong)
    ends = fenchel.judge(m.logits, [0, 1, 2], m.grad_norm_sq / 9, eigenvalues=m.eigenvalues[:, [0, -1]])
    assert all(word.startswith("apart") for word in ends.verdict)
    with pytest.raises(ValueError, match="all of them"):
        fenchel.judge(numpy.zeros((1, 4)), [0], [1.0], eigenvalues=[[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match="one of the two"):
        fenchel.judge(m.logits, [0, 1, 2], m.grad_norm_sq, structure=m.structure, error=1e-9, roundoff=m.roundoff)
    with pytest.raises(ValueError, match="half precision"):
        fenchel.judge(m.logits.astype("float16"), [0, 1, 2], m.grad_norm_sq, structure=m.structure)
    undefined = fenchel.judge(m.logits * math.nan, [0, 1, 2], m.grad_norm_sq, structure=m.structure)
    assert undefined.verdict == ["undefined"] * 3 and "none of which is defined" in repr(undefined)


def test_a_singular_matrix_is_singular_whatever_the_solver_rounds():
    rng = numpy.random.default_rng(0)
    factors = rng.integers(-3, 4, (200, 5, 3)).astype(float)
    structure = factors @ factors.transpose(0, 2, 1)
    logits, y = rng.normal(size=(200, 5)), rng.integers(0, 5, 200)
    e = numpy.exp(logits) / numpy.exp(logits).sum(1, keepdims=True) - numpy.eye(5)[y]
    m = fenchel.judge(logits, y, numpy.einsum("ni,nij,nj->n", e, structure, e), structure=structure, error=1e-14)
    assert m.verdict == ["holds"] * 200 and numpy.isinf(m.D).all()


def test_weights_are_one_number_each():
    with pytest.raises(ValueError, match="one number for each"):
        fenchel.measure(linear(), samples(4), [0, 1, 2, 0], weight=[[1, 2], [3, 4]])
    with pytest.raises(TypeError, match="masked"):
        fenchel.measure(linear(), numpy.ma.array(samples(4), mask=False), [0, 1, 2, 0])
    one = fenchel.Network('input = [2]\nlayers = [{ type = "dense", outputs = 1 }]\n', {"0.weight": WEIGHT[:1], "0.bias": BIAS[:1]})
    with pytest.raises(ValueError, match="no classes among which"):
        fenchel.measure(one, samples(4), [0, 1, 1, 0], loss="logistic", smoothing=0.2)


def test_the_stubs_name_what_there_is():
    import ast
    from pathlib import Path

    from fenchel import _native

    stub = ast.parse((Path(fenchel.__file__).parent / "_native.pyi").read_text())
    named = {node.name for node in stub.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    named |= {node.target.id for node in stub.body if isinstance(node, ast.AnnAssign)}
    there = {name for name in dir(_native) if not name.startswith("__")} | {"__version__"}
    assert named == there - {"_native"}
