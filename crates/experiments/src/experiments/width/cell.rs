//! Networks of all widths at initialisation.

use std::sync::Arc;

use fenchel_convexity::losses::SoftmaxCrossEntropy;
use fenchel_convexity::theorems::gradient_independence::{BallModel, HiddenLayer, hidden_layer_spread};
use fenchel_harness::statistics::median;
use fenchel_harness::{Context, Failure};
use fenchel_nn::measurement::{Probe, ProbeMeasurement};
use fenchel_nn::models::{DenseChain, Model};
use fenchel_random::Seed;
use fenchel_tensor::{Engine, Tape};
use ndarray::{Array2, ArrayView1, ArrayView2};

use super::Settings;
use super::angles::Angles;
use super::record::{Hidden, Network, Spread, Width};
use crate::ingredients::{Data, ProbeSet, SandwichTally, Start, Tally, drawn, widened};

pub(super) fn run(
    settings: &Settings,
    dataset: &str,
    start: Start,
    seed: u64,
    context: &Context,
) -> Result<Network, Failure> {
    let data = Data::shared(dataset, context)?;
    let seed = Seed::new(seed).derive("width");
    let ProbeSet { inputs, targets } = ProbeSet::draw(&data, settings.probe, seed)?;
    let (mut widths, mut tally) = (Vec::new(), SandwichTally::default());
    for &width in &settings.widths {
        let tape = DenseChain::new(1, width).tape(data.shape(), data.classes())?;
        let parameters = widened(&drawn::<f32>(start.initialiser(), &tape, seed)?);
        let probe = Probe::<f64>::new(tape.clone(), Arc::new(SoftmaxCrossEntropy));
        let measured = probe.measure(&parameters, inputs.view(), targets.view())?;
        tally.count(&measured);
        let reaches: &[f64] = if start == Start::Kaiming { &settings.reaches } else { &[] };
        widths.push(measure(width, &tape, &parameters, &inputs, &measured, reaches)?);
        context.progress(widths.len(), settings.widths.len());
    }
    Ok(Network { widths, sandwiches: tally })
}

/// One network, with the bound for a hidden layer at these reaches.
fn measure(
    width: usize,
    tape: &Arc<Tape>,
    parameters: &[f64],
    inputs: &Array2<f64>,
    measured: &ProbeMeasurement,
    reaches: &[f64],
) -> Result<Width, Failure> {
    let structure = Engine::<f64>::new(tape.clone()).structure(parameters, inputs.view())?;
    let angles = structure.outer_iter().map(Angles::of_gram).collect::<Result<Vec<_>, Failure>>()?;
    let d: Vec<f64> = measured.samples.iter().map(|sample| sample.eigenvalues.structural_error().d).collect();
    let spread = |of: fn(&Angles) -> f64| Spread::of(&angles.iter().map(of).collect::<Vec<_>>());
    let mut effective = Tally::default();
    for (angles, &d) in angles.iter().zip(&d) {
        if let Some(bound) = effective_bound(tape.outputs(), angles.effective_dimension) {
            effective.count(d <= bound);
        }
    }
    Ok(Width {
        width,
        parameters: parameters.len(),
        outputs: tape.outputs(),
        risk: measured.risk(),
        d: Spread::of(&d)?,
        effective_dimension: spread(|angles| angles.effective_dimension)?,
        evenness: spread(|angles| angles.evenness)?,
        largest_cosine: spread(|angles| angles.largest_cosine)?,
        effective,
        hidden: reaches
            .iter()
            .map(|&reach| hidden(width, tape, parameters, inputs, &d, reach))
            .collect::<Result<_, _>>()?,
    })
}

/// T15's sharper bound on D in n_eff dimensions, rounded down; none where it is vacuous or there is no such model.
pub(super) fn effective_bound(outputs: usize, effective_dimension: f64) -> Option<f64> {
    // Orthogonal rows: the bound falls with n, so any n that is large enough says no more than the truth, D = log of the norms' ratio.
    let dimension = effective_dimension.min(1e15) as usize;
    BallModel::new(outputs, dimension).ok()?.sharper_spread()
}

/// The bound for a hidden layer under a Gaussian head of deviation √(2/width), on every sample.
fn hidden(
    width: usize,
    tape: &Tape,
    parameters: &[f64],
    inputs: &Array2<f64>,
    d: &[f64],
    reach: f64,
) -> Result<Hidden, Failure> {
    let slot = |name| tape.parameters().find(name).expect("the layers of a chain are named").range.clone();
    let weight = ArrayView2::from_shape((width, inputs.ncols()), &parameters[slot("dense1.weight")])?;
    let bias = ArrayView1::from(&parameters[slot("dense1.bias")]);
    let mut bounds = Vec::with_capacity(d.len());
    for input in inputs.rows() {
        let sums = weight.dot(&input) + bias;
        let layer = HiddenLayer {
            input_square: input.dot(&input),
            hidden_square: sums.iter().map(|z| z.max(0.0).powi(2)).sum(),
            active: sums.iter().filter(|z| **z > 0.0).count(),
            outputs: tape.outputs(),
            deviation: (2.0 / width as f64).sqrt(),
        };
        bounds.push(hidden_layer_spread(&layer, reach)?);
    }
    let held = bounds.iter().zip(d).filter(|(bound, d)| d <= bound).count();
    Ok(Hidden { reach, bound: median(&bounds)?, samples: d.len(), held })
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_convexity::theorems::gradient_independence::RowGeometry;
    use fenchel_nn::Initialiser;
    use fenchel_tensor::{Shape, Sweep};
    use ndarray::Axis;

    #[test]
    fn angles_are_those_of_the_jacobian() {
        let tape = DenseChain::new(1, 24).tape(Shape::vector(6), 5).unwrap();
        let parameters = Initialiser::Kaiming.draw(&tape, Seed::new(3)).unwrap();
        let inputs = Array2::from_shape_fn((4, 6), |(i, j)| ((5 * i + 3 * j + 1) % 7) as f64 - 2.5);
        let targets = Array2::from_shape_fn((4, 5), |(i, j)| f64::from(u8::from(i == j)));
        let probe = Probe::<f64>::new(tape.clone(), Arc::new(SoftmaxCrossEntropy));
        let measured = probe.measure(&parameters, inputs.view(), targets.view()).unwrap();
        let width = measure(24, &tape, &parameters, &inputs, &measured, &[3.0]).unwrap();
        let mut sweep = Sweep::<f64>::new(tape);
        let jacobian = sweep.forward(&parameters, inputs.view()).unwrap().jacobian();
        let dimensions: Vec<f64> = jacobian
            .axis_iter(Axis(0))
            .map(|rows| RowGeometry::of(rows).unwrap().effective_dimension())
            .collect();
        let direct = Spread::of(&dimensions).unwrap();
        assert!((width.effective_dimension.median / direct.median - 1.0).abs() < 1e-12);
        assert!((width.effective_dimension.least / direct.least - 1.0).abs() < 1e-12);
        assert_eq!((width.parameters, width.hidden[0].samples), (6 * 24 + 24 + 24 * 5 + 5, 4));
        // With w = 3 the bound allows for singular values far from the mean ones: 24 units hold it.
        assert_eq!(width.hidden[0].held, 4);
    }

    #[test]
    fn the_bound_in_effective_dimensions_is_void_below_a_thousand() {
        assert_eq!(effective_bound(10, 2.5), None);
        assert_eq!(effective_bound(10, 1000.0), None);
        let at = |dimension| effective_bound(10, dimension).unwrap();
        assert!(at(5000.0) > at(50_000.0) && at(f64::INFINITY) < 1e-5);
    }
}
