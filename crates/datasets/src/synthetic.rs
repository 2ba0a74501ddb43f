//! Synthetic sets of vectors for the proxy-convexity instances: separable with a margin, with label noise, spread.
//!
//! Each sample is drawn from a stream of its own, so a larger set begins with the smaller one.

use fenchel_random::{Seed, Stream};
use ndarray::{Array1, Array2, ArrayView1, Axis};

use crate::labels::chosen;
use crate::{Error, Result, VectorSet};

/// Two classes that a hyperplane through the origin separates with a margin: the data of theorem instance E3.
///
/// A sample is `y a v + sqrt(1 - a^2) u`: `v` the unit normal of the hyperplane, `u` uniform on the unit sphere
/// orthogonal to it, `y` = +-1 with probability 1/2 each, `a` uniform on [margin, margin + slack]. So every input
/// has norm 1, and `y <v, x> = a >= margin` up to rounding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Separable {
    /// The number of samples.
    pub samples: usize,
    /// The dimension of the inputs, at least 2.
    pub dimension: usize,
    /// The margin, in (0, 1].
    pub margin: f64,
    /// How much larger than the margin a sample's distance from the hyperplane can be; margin + slack <= 1.
    pub slack: f64,
    /// The share of samples whose label is flipped after all, in [0, 1]: exactly `round(share x samples)` of them.
    pub flipped: f64,
}

/// A separable set with what made it so.
#[derive(Clone, Debug, PartialEq)]
pub struct SeparableSet {
    /// The samples; label 0 is y = -1, label 1 is y = +1, after the flips.
    pub set: VectorSet,
    /// The unit normal v of the separating hyperplane.
    pub normal: Array1<f64>,
    /// The smallest `y <v, x>` over the samples, y before the flips.
    pub margin: f64,
    /// The samples whose label is flipped, ascending.
    pub flipped: Vec<usize>,
}

impl Separable {
    /// Draws the set.
    ///
    /// # Errors
    /// If a parameter is outside its range.
    ///
    /// ```
    /// use fenchel_datasets::synthetic::Separable;
    /// use fenchel_random::Seed;
    ///
    /// let config = Separable { samples: 100, dimension: 20, margin: 0.5, slack: 0.25, flipped: 0.05 };
    /// let drawn = config.draw(Seed::new(0))?;
    /// assert!(drawn.margin >= 0.5 - 1e-14);
    /// assert_eq!(drawn.flipped.len(), 5);
    /// # Ok::<(), fenchel_datasets::Error>(())
    /// ```
    pub fn draw(&self, seed: Seed) -> Result<SeparableSet> {
        let Self { samples, dimension, margin, slack, .. } = *self;
        if dimension < 2 {
            return Err(Error::argument(
                "dimension",
                format!("{dimension}; a hyperplane to vary in needs 2"),
            ));
        }
        if !(margin > 0.0 && slack >= 0.0 && margin + slack <= 1.0) {
            return Err(Error::argument(
                "margin",
                format!("margin {margin} and slack {slack}; 0 < margin <= margin + slack <= 1 is needed"),
            ));
        }
        let normal = unit_vector(seed.derive("normal"), dimension)?;
        let mut inputs = Array2::zeros((samples, dimension));
        let mut labels = Vec::with_capacity(samples);
        let mut smallest = f64::INFINITY;
        for (i, mut x) in inputs.rows_mut().into_iter().enumerate() {
            let mut stream = seed.derive("sample").index(i as u64).stream();
            let positive: bool = stream.random();
            let sign = if positive { 1.0 } else { -1.0 };
            let distance = margin + slack * stream.random::<f64>();
            let along = orthogonal_direction(&mut stream, normal.view());
            x.scaled_add(sign * distance, &normal);
            x.scaled_add((1.0 - distance * distance).max(0.0).sqrt(), &along);
            smallest = smallest.min(sign * x.dot(&normal));
            labels.push(usize::from(positive));
        }
        let flipped = chosen(self.flipped, samples, seed.derive("flips"))?;
        flipped.iter().for_each(|&i| labels[i] = 1 - labels[i]);
        let classes = ["-1", "+1"].map(str::to_owned).to_vec();
        let name = format!("separable, margin {margin}, dimension {dimension}, {} flipped", flipped.len());
        Ok(SeparableSet {
            set: VectorSet::new(name, classes, inputs, labels)?,
            normal,
            margin: smallest,
            flipped,
        })
    }
}

/// Distributions of inputs that spread over all directions, as theorem instance E2 needs them for ReLU.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Spread {
    /// Independent standard normal coordinates; the norm is unbounded.
    Gaussian,
    /// Uniform on the sphere of this radius.
    Sphere(f64),
    /// Uniform in the ball of this radius.
    Ball(f64),
}

/// `samples` independent inputs from a spread distribution, one a row.
///
/// # Errors
/// If the dimension is 0, or the radius is not positive and finite.
///
/// ```
/// use fenchel_datasets::synthetic::{Spread, largest_norm, spread};
/// use fenchel_random::Seed;
///
/// let inputs = spread(Spread::Sphere(3.0), 100, 8, Seed::new(0))?;
/// assert!((largest_norm(&inputs) - 3.0).abs() < 1e-14);
/// # Ok::<(), fenchel_datasets::Error>(())
/// ```
pub fn spread(spread: Spread, samples: usize, dimension: usize, seed: Seed) -> Result<Array2<f64>> {
    if let Spread::Sphere(radius) | Spread::Ball(radius) = spread
        && !(radius > 0.0 && radius.is_finite())
    {
        return Err(Error::argument("radius", format!("{radius}; it must be positive and finite")));
    }
    if dimension == 0 {
        return Err(Error::argument("dimension", "0; inputs need at least one coordinate"));
    }
    let mut inputs = Array2::zeros((samples, dimension));
    for (i, mut row) in inputs.rows_mut().into_iter().enumerate() {
        let mut stream = seed.index(i as u64).stream();
        let x = match spread {
            Spread::Gaussian => gaussian(&mut stream, dimension),
            Spread::Sphere(radius) => direction(&mut stream, dimension) * radius,
            Spread::Ball(radius) => {
                // The volume within r grows as r^dimension.
                let r = radius * stream.random::<f64>().powf(1.0 / dimension as f64);
                direction(&mut stream, dimension) * r
            }
        };
        row.assign(&x);
    }
    Ok(inputs)
}

/// A vector uniform on the unit sphere.
///
/// # Errors
/// If the dimension is 0.
pub fn unit_vector(seed: Seed, dimension: usize) -> Result<Array1<f64>> {
    if dimension == 0 {
        return Err(Error::argument("dimension", "0; there is no unit vector"));
    }
    Ok(direction(&mut seed.stream(), dimension))
}

/// The largest norm among the inputs, B of theorem instances E2 and E3; 0 for none.
#[must_use]
pub fn largest_norm(inputs: &Array2<f64>) -> f64 {
    inputs.axis_iter(Axis(0)).map(|x| x.dot(&x).sqrt()).fold(0.0, f64::max)
}

fn gaussian(stream: &mut Stream, dimension: usize) -> Array1<f64> {
    (0..dimension).map(|_| stream.normal()).collect()
}

/// Uniform on the unit sphere: a Gaussian vector has no preferred direction.
fn direction(stream: &mut Stream, dimension: usize) -> Array1<f64> {
    normalised(stream, |stream| gaussian(stream, dimension))
}

/// Uniform on the unit sphere orthogonal to the unit vector `normal`.
fn orthogonal_direction(stream: &mut Stream, normal: ArrayView1<'_, f64>) -> Array1<f64> {
    normalised(stream, |stream| {
        let mut x = gaussian(stream, normal.len());
        // Twice, since the first pass leaves a residue of rounding that matters when x is nearly parallel.
        for _ in 0..2 {
            let along = x.dot(&normal);
            x.scaled_add(-along, &normal);
        }
        x
    })
}

/// The first vector that `draw` gives with a length that can be divided by, divided by it.
fn normalised(stream: &mut Stream, draw: impl Fn(&mut Stream) -> Array1<f64>) -> Array1<f64> {
    loop {
        let x = draw(stream);
        let norm = x.dot(&x).sqrt();
        if norm > 1e-8 {
            return x / norm;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Dataset;

    proptest! {
        #[test]
        fn separable_sets_have_their_margin_norm_and_flips(
            samples in 1_usize..40,
            dimension in 2_usize..30,
            margin in 0.01_f64..1.0,
            share in 0.0_f64..1.0,
            flipped in 0.0_f64..1.0,
            seed: u64,
        ) {
            let config = Separable { samples, dimension, margin, slack: share * (1.0 - margin), flipped };
            let drawn = config.draw(Seed::new(seed)).unwrap();
            // Two dot products of unit vectors: the rounding is below dimension + a few, times the unit.
            let rounding = 4.0 * (dimension + 4) as f64 * f64::EPSILON;
            prop_assert!(drawn.margin >= margin - rounding);
            prop_assert_eq!(drawn.flipped.len(), (flipped * samples as f64).round() as usize);
            for (i, x) in drawn.set.inputs().rows().into_iter().enumerate() {
                prop_assert!((x.dot(&x) - 1.0).abs() <= rounding);
                let y = if drawn.set.label(i) == 1 { 1.0 } else { -1.0 };
                let separated = y * x.dot(&drawn.normal);
                let expected = if drawn.flipped.contains(&i) { -separated } else { separated };
                prop_assert!(expected >= margin - rounding);
                prop_assert!(expected <= config.margin + config.slack + rounding);
            }
        }
    }

    #[test]
    fn the_margin_is_nearly_attained_and_both_classes_come() {
        let config = Separable { samples: 1000, dimension: 10, margin: 0.1, slack: 0.2, flipped: 0.0 };
        let drawn = config.draw(Seed::new(0)).unwrap();
        assert!(drawn.margin < 0.102, "{}", drawn.margin);
        let positive = (0..1000).filter(|&i| drawn.set.label(i) == 1).count();
        assert!((420..=580).contains(&positive), "{positive}");
        let smaller = Separable { samples: 10, ..config }.draw(Seed::new(0)).unwrap();
        assert_eq!(smaller.set.inputs().row(9), drawn.set.inputs().row(9));
    }

    #[test]
    fn spread_inputs_have_their_norms_and_no_preferred_direction() {
        let (n, d) = (20_000, 5);
        for (kind, second_moment) in
            [(Spread::Gaussian, 1.0), (Spread::Sphere(2.0), 4.0 / 5.0), (Spread::Ball(2.0), 4.0 / 7.0)]
        {
            let inputs = spread(kind, n, d, Seed::new(3)).unwrap();
            // Of each coordinate: E x^2 = r^2/d on the sphere, r^2/(d + 2) in the ball. The square's deviation is
            // at most sqrt(2) times its mean for the Gaussian, less for the others; five of them.
            let tolerance = 5.0 * 2.0_f64.sqrt() * second_moment / (n as f64).sqrt();
            for i in 0..d {
                for j in 0..=i {
                    let moment = inputs.column(i).dot(&inputs.column(j)) / n as f64;
                    let expected = if i == j { second_moment } else { 0.0 };
                    assert!((moment - expected).abs() < tolerance, "{kind:?} {i} {j}: {moment}");
                }
            }
            if kind != Spread::Gaussian {
                assert!(largest_norm(&inputs) <= 2.0 * (1.0 + 1e-14));
            }
        }
    }

    #[test]
    fn parameters_without_meaning_are_refused() {
        let good = Separable { samples: 5, dimension: 3, margin: 0.5, slack: 0.1, flipped: 0.0 };
        assert!(good.draw(Seed::new(0)).is_ok());
        for bad in [
            Separable { dimension: 1, ..good },
            Separable { margin: 0.0, ..good },
            Separable { margin: f64::NAN, ..good },
            Separable { slack: -0.1, ..good },
            Separable { slack: 0.6, ..good },
            Separable { flipped: 1.5, ..good },
            Separable { flipped: f64::NAN, ..good },
        ] {
            assert!(bad.draw(Seed::new(0)).is_err(), "{bad:?}");
        }
        assert!(spread(Spread::Ball(0.0), 1, 1, Seed::new(0)).is_err());
        assert!(spread(Spread::Gaussian, 1, 0, Seed::new(0)).is_err());
        assert!(unit_vector(Seed::new(0), 0).is_err());
    }
}
