//! Kinks: sets on which a gradient may jump.

use crate::error::{ConvexityError, require_range, require_vector};
use ndarray::aview1;

/// A set on which a gradient jumps, or a derivative of it blows up.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kink {
    /// One point.
    Point(Vec<f64>),
    /// The plane `<normal, x> = offset`.
    Hyperplane {
        /// The normal, not zero.
        normal: Vec<f64>,
        /// The offset.
        offset: f64,
    },
}

impl Kink {
    /// The plane `x_i = offset` in R^m; whoever takes the kink refuses one without such a coordinate.
    #[must_use]
    pub fn coordinate(dimension: usize, i: usize, offset: f64) -> Self {
        Self::Hyperplane { normal: unit(dimension, i), offset }
    }

    /// The plane `x_i = x_j` in R^m; whoever takes the kink refuses one without such coordinates.
    #[must_use]
    pub fn tie(dimension: usize, i: usize, j: usize) -> Self {
        let normal = unit(dimension, i).iter().zip(unit(dimension, j)).map(|(a, b)| a - b).collect();
        Self::Hyperplane { normal, offset: 0.0 }
    }

    /// Checks that the set is one of a space.
    ///
    /// # Errors
    ///
    /// If it is of another dimension, a number is not finite, or a normal is zero.
    pub fn check(&self, dimension: usize) -> Result<(), ConvexityError> {
        let (argument, entries) = match self {
            Self::Point(point) => ("kink", point),
            Self::Hyperplane { normal, .. } => ("normal of a kink", normal),
        };
        require_vector(argument, &aview1(entries.as_slice()), dimension)?;
        match self {
            Self::Point(_) => Ok(()),
            Self::Hyperplane { normal, offset } => {
                require_range("offset of a kink", *offset, true, "finite")?;
                let length = normal.iter().fold(0.0_f64, |most, n| most.max(n.abs()));
                require_range(
                    "normal of a kink",
                    length,
                    length > 0.0,
                    "not zero in every coordinate of the space",
                )
            }
        }
    }

    /// Moves x to the nearest point of the set, up to round-off.
    ///
    /// A plane with a single non-zero entry in its normal, or a tie of two entries, is met exactly.
    pub fn project(&self, x: &mut [f64]) {
        match self {
            Self::Point(point) => x.copy_from_slice(point),
            Self::Hyperplane { normal, offset } => {
                let square: f64 = normal.iter().map(|n| n * n).sum();
                let excess = normal.iter().zip(&*x).map(|(n, x)| n * x).sum::<f64>() - offset;
                let support: Vec<usize> = (0..normal.len()).filter(|&i| normal[i] != 0.0).collect();
                for &i in &support {
                    x[i] -= excess * normal[i] / square;
                }
                // Exact on the planes that occur in practice, so that the search stands on the kink, not beside it.
                match support[..] {
                    [i] => x[i] = offset / normal[i],
                    [i, j] if normal[i] == -normal[j] && *offset == 0.0 => x[j] = x[i],
                    _ => {}
                }
            }
        }
    }
}

fn unit(dimension: usize, i: usize) -> Vec<f64> {
    (0..dimension).map(|k| f64::from(u8::from(k == i))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projections_meet_the_plane() {
        let mut x = [0.3, 0.1, -2.0];
        Kink::tie(3, 0, 2).project(&mut x);
        assert_eq!((x[0], x[1]), (x[2], 0.1));
        assert!((x[0] + 0.85).abs() < 1e-15);
        Kink::coordinate(3, 1, 0.7).project(&mut x);
        assert_eq!(x[1], 0.7);
        let plane = Kink::Hyperplane { normal: vec![1.0, 2.0, 3.0], offset: 4.0 };
        plane.project(&mut x);
        assert!((x[0] + 2.0 * x[1] + 3.0 * x[2] - 4.0).abs() < 1e-14);
    }
}
