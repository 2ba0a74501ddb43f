//! Formulas of formulas: sums, positive multiples, affine precomposition.
//!
//! How their constants follow from their parts' is T2, in the module `calculus`.

use super::{Domain, Formula, Kink};
use crate::error::{ConvexityError, require_finite, require_positive};
use crate::number::Number;
use ndarray::{Array1, Array2};

/// `G_1 + G_2`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum<F, G> {
    first: F,
    second: G,
}

impl<F: Formula, G: Formula> Sum<F, G> {
    /// The sum of two formulas of one dimension on one domain (or with one of them on the whole space).
    ///
    /// # Errors
    ///
    /// If the dimensions or the domains differ.
    pub fn new(first: F, second: G) -> Result<Self, ConvexityError> {
        crate::error::require_dimension("second", second.dimension(), first.dimension())?;
        let (a, b) = (first.domain(), second.domain());
        if a != b && a != Domain::Whole && b != Domain::Whole {
            return Err(ConvexityError::Incompatible {
                what: "a sum of functions",
                reason: "their domains differ and neither is the whole space".into(),
            });
        }
        Ok(Self { first, second })
    }
}

impl<F: Formula, G: Formula> Formula for Sum<F, G> {
    fn name(&self) -> String {
        format!("{} + {}", self.first.name(), self.second.name())
    }

    fn dimension(&self) -> usize {
        self.first.dimension()
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        self.first.value_in(x) + self.second.value_in(x)
    }

    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        let mut second = vec![N::zero(); x.len()];
        self.first.gradient_in(x, gradient);
        self.second.gradient_in(x, &mut second);
        for (to, from) in gradient.iter_mut().zip(second) {
            *to = to.clone() + from;
        }
    }

    fn bregman_in<N: Number>(&self, u: &[N], v: &[N]) -> N {
        self.first.bregman_in(u, v) + self.second.bregman_in(u, v)
    }

    fn domain(&self) -> Domain {
        match self.first.domain() {
            Domain::Whole => self.second.domain(),
            domain => domain,
        }
    }

    fn kinks(&self) -> Vec<Kink> {
        let mut kinks = self.first.kinks();
        kinks.extend(self.second.kinks());
        kinks
    }
}

/// `a G`, a > 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaled<F> {
    factor: f64,
    inner: F,
}

impl<F: Formula> Scaled<F> {
    /// The multiple of a formula.
    ///
    /// # Errors
    ///
    /// If the factor is not finite and greater than 0.
    pub fn new(factor: f64, inner: F) -> Result<Self, ConvexityError> {
        require_positive("factor", factor)?;
        Ok(Self { factor, inner })
    }
}

impl<F: Formula> Formula for Scaled<F> {
    fn name(&self) -> String {
        format!("{} ({})", self.factor, self.inner.name())
    }

    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        self.inner.value_in(x) * self.factor
    }

    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        self.inner.gradient_in(x, gradient);
        for entry in gradient {
            *entry = entry.clone() * self.factor;
        }
    }

    fn bregman_in<N: Number>(&self, u: &[N], v: &[N]) -> N {
        self.inner.bregman_in(u, v) * self.factor
    }

    fn domain(&self) -> Domain {
        self.inner.domain()
    }

    fn kinks(&self) -> Vec<Kink> {
        self.inner.kinks()
    }
}

/// `G(A x + b)`, for G defined on a whole space.
#[derive(Clone, Debug, PartialEq)]
pub struct Precomposed<F> {
    inner: F,
    matrix: Array2<f64>,
    shift: Array1<f64>,
}

impl<F: Formula> Precomposed<F> {
    /// A formula after the map `x -> A x + b`.
    ///
    /// # Errors
    ///
    /// If the shapes do not fit, a number is not finite, A has no column, or G is not defined on the whole space.
    pub fn new(inner: F, matrix: Array2<f64>, shift: Array1<f64>) -> Result<Self, ConvexityError> {
        crate::error::require_dimension("matrix", matrix.nrows(), inner.dimension())?;
        crate::error::require_vector("shift", &shift, inner.dimension())?;
        require_finite("matrix", &Array1::from_iter(matrix.iter().copied()).view())?;
        if inner.domain() != Domain::Whole {
            return Err(ConvexityError::Incompatible {
                what: "an affine map and a function",
                reason: "the function must be defined on the whole space".into(),
            });
        }
        Ok(Self { inner, matrix, shift })
    }

    /// The matrix A.
    pub const fn matrix(&self) -> &Array2<f64> {
        &self.matrix
    }

    fn image<N: Number>(&self, x: &[N]) -> Vec<N> {
        self.matrix
            .rows()
            .into_iter()
            .zip(&self.shift)
            .map(|(row, &shift)| {
                row.iter().zip(x).fold(N::from_f64(shift), |sum, (&a, x)| sum + x.clone() * a)
            })
            .collect()
    }
}

impl<F: Formula> Formula for Precomposed<F> {
    fn name(&self) -> String {
        format!("{} after an affine map", self.inner.name())
    }

    fn dimension(&self) -> usize {
        self.matrix.ncols()
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        self.inner.value_in(&self.image(x))
    }

    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        let image = self.image(x);
        let mut outer = vec![N::zero(); image.len()];
        self.inner.gradient_in(&image, &mut outer);
        for (to, column) in gradient.iter_mut().zip(self.matrix.columns()) {
            *to = column.iter().zip(&outer).fold(N::zero(), |sum, (&a, s)| sum + s.clone() * a);
        }
    }

    fn bregman_in<N: Number>(&self, u: &[N], v: &[N]) -> N {
        self.inner.bregman_in(&self.image(u), &self.image(v))
    }

    fn kinks(&self) -> Vec<Kink> {
        // A plane <n, y> = o becomes <A'n, x> = o - <n, b>; a point has no simple preimage and is left out.
        self.inner
            .kinks()
            .into_iter()
            .filter_map(|kink| match kink {
                Kink::Hyperplane { normal, offset } => {
                    let normal = Array1::from(normal);
                    let pulled = self.matrix.t().dot(&normal);
                    let offset = offset - normal.dot(&self.shift);
                    pulled
                        .iter()
                        .any(|&entry| entry != 0.0)
                        .then(|| Kink::Hyperplane { normal: pulled.to_vec(), offset })
                }
                Kink::Point(_) => None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Objective;
    use super::*;
    use ndarray::array;

    /// x^4 + y^2 + x y
    #[derive(Clone, Debug)]
    struct Polynomial;

    impl Formula for Polynomial {
        fn name(&self) -> String {
            "x^4 + y^2 + xy".into()
        }
        fn dimension(&self) -> usize {
            2
        }
        fn value_in<N: Number>(&self, x: &[N]) -> N {
            x[0].powi(4) + x[1].square() + x[0].clone() * &x[1]
        }
    }

    #[test]
    fn derivatives_follow_the_chain_rule() {
        let a = array![[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]];
        let inner = Precomposed::new(Polynomial, a, array![0.1, -0.2]).unwrap();
        let twice = Sum::new(inner.clone(), Scaled::new(2.0, inner).unwrap()).unwrap();
        let twice: &dyn Objective = &twice;
        let x = array![0.3, -0.4, 0.2];
        let s = twice.gradient(&x).unwrap();
        let direction = array![1.0, -2.0, 0.5];
        let product = twice.hessian_vector(&x, &direction).unwrap();
        let h = 1e-5;
        let above = twice.gradient(&(&x + &(&direction * h))).unwrap();
        let below = twice.gradient(&(&x - &(&direction * h))).unwrap();
        for i in 0..3 {
            let mut step = Array1::zeros(3);
            step[i] = h;
            let slope = (twice.value(&(&x + &step).view()).unwrap()
                - twice.value(&(&x - &step).view()).unwrap())
                / (2.0 * h);
            assert!((slope - s[i]).abs() < 1e-7, "{slope} {}", s[i]);
            assert!(((above[i] - below[i]) / (2.0 * h) - product[i]).abs() < 1e-6);
        }
        let u = array![1.0, 1.0, 1.0];
        let direct = twice.value(&u).unwrap() - twice.value(&x).unwrap() - s.dot(&(&u - &x));
        assert!((twice.bregman(&u, &x).unwrap() - direct).abs() < 1e-11);
    }

    #[test]
    fn misfits_are_refused() {
        assert!(Scaled::new(0.0, Polynomial).is_err());
        assert!(Precomposed::new(Polynomial, array![[1.0]], array![0.0, 0.0]).is_err());
        let one = Precomposed::new(Polynomial, array![[1.0], [0.0]], array![0.0, 0.0]).unwrap();
        assert!(Sum::new(Polynomial, one).is_err());
    }
}
