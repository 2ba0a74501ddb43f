//! The samples that are measured again and again along a training.

use fenchel_harness::Failure;
use fenchel_random::Seed;
use fenchel_tensor::Real;
use ndarray::Array2;

use super::Data;

/// A fixed choice of training samples in `f64`, which measurements need.
#[derive(Clone, Debug)]
pub struct ProbeSet {
    /// The samples as rows.
    pub inputs: Array2<f64>,
    /// Their labels as one-hot rows.
    pub targets: Array2<f64>,
}

impl ProbeSet {
    /// `size` training samples, drawn without repetition from the stream `probe set` of the seed.
    ///
    /// # Errors
    /// If the data set has fewer.
    pub fn draw(data: &Data, size: usize, seed: Seed) -> Result<Self, Failure> {
        let (inputs, targets) = data.draw(&data.train, size, seed.derive("probe set"))?;
        Ok(Self { inputs, targets })
    }
}

/// Parameters as measurements take them: the numbers of a training are exact in `f64`, whatever its precision.
#[must_use]
pub fn widened<T: Real>(parameters: &[T]) -> Vec<f64> {
    parameters.iter().map(|&p| p.as_f64()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_harness::Context;
    use fenchel_harness::context::Inputs;
    use std::sync::atomic::AtomicU64;

    #[test]
    fn the_set_is_a_function_of_the_seed() {
        let (inputs, fraction) = (Inputs::default(), AtomicU64::new(0));
        let data = Data::shared("glyphs", &Context::new(&inputs, &fraction)).unwrap();
        let draw = |size, seed| ProbeSet::draw(&data, size, Seed::new(seed)).unwrap();
        assert_eq!(draw(5, 1).inputs, draw(5, 1).inputs);
        assert_ne!(draw(5, 1).inputs, draw(5, 2).inputs);
        assert_eq!(draw(5, 1).targets.sum(), 5.0);
        assert_eq!(widened(&[0.1_f32]), [f64::from(0.1_f32)]);
    }
}
