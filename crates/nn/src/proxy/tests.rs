//! E3, E4 and E5 on random problems, and near misses that the checkers must find.

mod hidden_layer_derivatives;
mod sandwich;
mod separable_data;
mod tangent_regime;

use fenchel_convexity::proxy::check::Checked;
use fenchel_convexity::verdict::{Hypothesis, Reason, Verdict};
use fenchel_random::{Seed, Stream};
use ndarray::{Array1, Array2, ArrayView1};

/// Problems of each instance.
const PROBLEMS: u64 = 50;
/// Runs of SGD for each.
const RUNS: usize = 20;

fn stream(name: &str, problem: u64) -> Stream {
    Seed::new(11).derive(name).index(problem).stream()
}

fn unit(stream: &mut Stream, d: usize) -> Array1<f64> {
    let x: Array1<f64> = Array1::from_shape_simple_fn(d, || stream.normal());
    let length: f64 = x.dot(&x).sqrt();
    x / length
}

/// n unit inputs with labels and margin at least `margin` along v; the first `flipped` labels are wrong.
fn separable(
    stream: &mut Stream,
    v: ArrayView1<f64>,
    n: usize,
    margin: f64,
    flipped: usize,
) -> (Array2<f64>, Array1<f64>) {
    let mut inputs = Array2::zeros((n, v.len()));
    let mut labels = Array1::zeros(n);
    for i in 0..n {
        let y = if stream.random_bool(0.5) { 1.0 } else { -1.0 };
        let along = stream.random_range(margin..1.0);
        let mut rest = unit(stream, v.len());
        let share = rest.dot(&v);
        rest.scaled_add(-share, &v);
        let length: f64 = rest.dot(&rest).sqrt();
        let x = &v * (y * along) + rest * ((1.0 - along * along).sqrt() / length);
        inputs.row_mut(i).assign(&x);
        labels[i] = if i < flipped { -y } else { y };
    }
    (inputs, labels)
}

fn assert_sound(checked: &Checked, what: &str) {
    let obstacles: Vec<_> = checked.report.hypotheses.iter().filter_map(Hypothesis::obstacle).collect();
    assert!(obstacles.is_empty(), "{what}: {obstacles:?}");
    assert_eq!(checked.violations, 0, "{what}: {:?}", checked.report);
    assert!(checked.verdict().holds(), "{what}: {}", checked.verdict());
    assert!(checked.ratio() >= 1.0, "{what}: {}", checked.ratio());
}

fn assert_unmet(checked: &Checked, name: &str) {
    let hypothesis = checked.report.hypotheses.iter().find(|h| h.name.starts_with(name)).unwrap();
    assert!(hypothesis.obstacle().is_some(), "{hypothesis:?}");
    let verdict = checked.verdict();
    assert!(matches!(verdict, Verdict::Undecided { reason: Reason::HypothesisNotMet { .. } }), "{verdict}");
}
