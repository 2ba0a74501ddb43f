//! Initialisers: how the parameters of a fresh model are drawn.

use fenchel_random::{Seed, Stream};
use fenchel_tensor::{Role, Slot, Tape};
use ndarray::Array2;

use crate::NnError;

/// A rule for drawing the weights of each layer from its fan-in and fan-out.
///
/// Biases start at 0 except under [`FanInUniform`](Self::FanInUniform) and [`Constant`](Self::Constant), which sets them. Where a
/// layer names a [start](Slot::start), as normalisations do for scale (1) and shift (0), that is it under any rule.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Initialiser {
    /// Weights and biases from `U(-b, b)`, `b = fan_in^(-1/2)`: the default of PyTorch's layers.
    #[default]
    FanInUniform,
    /// `N(0, 2 / fan_in)` (He, Zhang, Ren, Sun, 2015).
    Kaiming,
    /// `N(0, 2 / (fan_in + fan_out))` (Glorot, Bengio, 2010).
    Xavier,
    /// `N(0, 1 / fan_in)` (LeCun, Bottou, Orr, Mueller, 1998).
    LeCun,
    /// Rows or columns orthonormal, uniform (Saxe, McClelland, Ganguli, 2014), times the gain.
    Orthogonal {
        /// The factor; sqrt 2 keeps norms through ReLU.
        gain: f64,
    },
    /// `N(0, deviation^2)`, whatever the fans.
    Gaussian {
        /// The standard deviation.
        deviation: f64,
    },
    /// Every weight the same number, and every bias another or the same: a degenerate start (T17).
    Constant {
        /// The weights.
        weight: f64,
        /// The biases.
        bias: f64,
    },
}

impl Initialiser {
    /// The flat parameter vector of a fresh model, in `f64`.
    ///
    /// Each tensor draws from a stream named after it, so a layer more or less shifts nobody else's numbers.
    ///
    /// # Errors
    /// If the gain, deviation, weight or bias is not finite, or the deviation is negative.
    ///
    /// ```
    /// use fenchel_nn::{Initialiser, models::{DenseChain, Model}};
    /// use fenchel_random::Seed;
    /// use fenchel_tensor::Shape;
    ///
    /// let small = DenseChain::new(1, 8).tape(Shape::vector(4), 2)?;
    /// let deep = DenseChain::new(2, 8).tape(Shape::vector(4), 2)?;
    /// let a = Initialiser::Kaiming.draw(&small, Seed::new(3))?;
    /// let b = Initialiser::Kaiming.draw(&deep, Seed::new(3))?;
    /// assert_eq!(a[..40], b[..40]); // the first layer, whatever follows it
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn draw(self, tape: &Tape, seed: Seed) -> Result<Vec<f64>, NnError> {
        let settings: &[(&'static str, f64)] = match self {
            Self::Orthogonal { gain } => &[("gain", gain)],
            Self::Gaussian { deviation } => &[("deviation", deviation)],
            Self::Constant { weight, bias } => &[("weight", weight), ("bias", bias)],
            Self::FanInUniform | Self::Kaiming | Self::Xavier | Self::LeCun => &[],
        };
        for &(name, value) in settings {
            if !value.is_finite() || (name == "deviation" && value < 0.0) {
                return Err(NnError::Setting {
                    name,
                    value,
                    needs: "a finite number, and not negative if a deviation",
                });
            }
        }
        let mut parameters = Vec::with_capacity(tape.parameters().len());
        for slot in tape.parameters().slots() {
            let mut stream = seed.derive("initialise").derive(&slot.name).stream();
            parameters.extend(self.draw_slot(slot, &mut stream));
        }
        Ok(parameters)
    }

    fn draw_slot(self, slot: &Slot, stream: &mut Stream) -> Vec<f64> {
        let count = slot.range.len();
        if let Some(start) = slot.start {
            return vec![start; count];
        }
        let (fan_in, fan_out) = (slot.fan_in as f64, slot.fan_out as f64);
        match self {
            Self::Constant { weight, bias } => {
                vec![if slot.role == Role::Weight { weight } else { bias }; count]
            }
            Self::FanInUniform => {
                let bound = fan_in.sqrt().recip();
                (0..count).map(|_| stream.random_range(-bound..bound)).collect()
            }
            _ if slot.role != Role::Weight => vec![0.0; count],
            Self::Kaiming => gaussian((2.0 / fan_in).sqrt(), count, stream),
            Self::Xavier => gaussian((2.0 / (fan_in + fan_out)).sqrt(), count, stream),
            Self::LeCun => gaussian(fan_in.sqrt().recip(), count, stream),
            Self::Gaussian { deviation } => gaussian(deviation, count, stream),
            Self::Orthogonal { gain } => {
                let rows = slot.shape[0];
                orthogonal(rows, count / rows, gain, stream)
            }
        }
    }
}

fn gaussian(deviation: f64, count: usize, stream: &mut Stream) -> Vec<f64> {
    (0..count).map(|_| deviation * stream.normal()).collect()
}

/// A `rows x columns` matrix with orthonormal rows (or columns, whichever are fewer), times `gain`.
///
/// Gram-Schmidt, twice for accuracy, on Gaussian vectors: the result is uniformly distributed.
fn orthogonal(rows: usize, columns: usize, gain: f64, stream: &mut Stream) -> Vec<f64> {
    let (count, dimension) = (rows.min(columns), rows.max(columns));
    let mut basis = Array2::from_shape_simple_fn((count, dimension), || stream.normal());
    for i in 0..count {
        let (done, mut rest) = basis.view_mut().split_at(ndarray::Axis(0), i);
        let mut vector = rest.row_mut(0);
        for _ in 0..2 {
            for earlier in done.rows() {
                let overlap = earlier.dot(&vector);
                vector.scaled_add(-overlap, &earlier);
            }
        }
        let norm = vector.dot(&vector).sqrt();
        vector.mapv_inplace(|v| v / norm);
    }
    let matrix = if rows <= columns { basis } else { basis.reversed_axes() };
    matrix.iter().map(|&v| gain * v).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{DenseChain, LeNet5, Model};
    use fenchel_tensor::Shape;

    fn moments(values: &[f64]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n)
    }

    #[test]
    fn weights_have_the_stated_variance() {
        let tape = DenseChain::new(1, 300).tape(Shape::vector(200), 10).unwrap();
        let cases: [(Initialiser, f64); 5] = [
            (Initialiser::FanInUniform, 1.0 / (3.0 * 200.0)),
            (Initialiser::Kaiming, 2.0 / 200.0),
            (Initialiser::Xavier, 2.0 / 500.0),
            (Initialiser::LeCun, 1.0 / 200.0),
            (Initialiser::Gaussian { deviation: 0.3 }, 0.09),
        ];
        for (initialiser, variance) in cases {
            let parameters = initialiser.draw(&tape, Seed::new(1)).unwrap();
            let (mean, measured) = moments(&parameters[..60_000]);
            // Five standard errors of a Gaussian's mean and variance; the uniform's are smaller.
            assert!(mean.abs() < 5.0 * (variance / 60_000.0).sqrt(), "{initialiser:?}: mean {mean}");
            let error = 5.0 * variance * (2.0_f64 / 60_000.0).sqrt();
            assert!((measured - variance).abs() < error, "{initialiser:?}: {measured} against {variance}");
        }
    }

    #[test]
    fn orthogonal_weights_are_orthogonal_both_ways() {
        for (inputs, width) in [(40, 15), (15, 40)] {
            let tape = DenseChain::new(1, width).tape(Shape::vector(inputs), 3).unwrap();
            let parameters = Initialiser::Orthogonal { gain: 2.0 }.draw(&tape, Seed::new(2)).unwrap();
            let weight =
                Array2::from_shape_vec((width, inputs), parameters[..inputs * width].to_vec()).unwrap();
            let gram = if width < inputs { weight.dot(&weight.t()) } else { weight.t().dot(&weight) };
            let defect = &gram - &(Array2::<f64>::eye(15) * 4.0);
            assert!(defect.iter().all(|d| d.abs() < 1e-13), "{defect}");
        }
    }

    #[test]
    fn degenerate_starts_are_what_they_say() {
        let tape = LeNet5.tape(Shape::image(1, 28, 28), 10).unwrap();
        let zeros = Initialiser::Constant { weight: 0.0, bias: 0.0 }.draw(&tape, Seed::new(3)).unwrap();
        assert!(zeros.iter().all(|&p| p == 0.0));
        assert!(Initialiser::Gaussian { deviation: f64::NAN }.draw(&tape, Seed::new(3)).is_err());
        assert!(Initialiser::Gaussian { deviation: -1.0 }.draw(&tape, Seed::new(3)).is_err());
    }
}
