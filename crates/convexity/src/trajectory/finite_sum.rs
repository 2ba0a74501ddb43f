//! Finite sums: the mean of the losses of samples, as mini-batch methods see it.

use crate::error::{ConvexityError, require_dimension, require_range};
use crate::number::{Endpoint, Interval, Number};
use crate::objectives::{Differentiate, Domain, Enclosable, Evaluate, Function, Kink, Objective, slope};
use ndarray::{Array1, ArrayRef1};
use std::sync::Arc;

/// `R = (1/n) sum_i l_i`, with the mean over any batch of samples.
///
/// ```
/// use fenchel_convexity::catalogue::Quadratic;
/// use fenchel_convexity::objectives::Objective;
/// use fenchel_convexity::trajectory::FiniteSum;
/// use ndarray::array;
/// use std::sync::Arc;
///
/// let first: Arc<dyn Objective> = Arc::new(Quadratic::diagonal(&[1.0, 0.0])?);
/// let second: Arc<dyn Objective> = Arc::new(Quadratic::diagonal(&[0.0, 1.0])?);
/// let risk = FiniteSum::new(vec![first, second])?;
/// let x = array![2.0, 1.0];
/// assert_eq!(risk.value(&x)?, 1.25);
/// assert_eq!(risk.batch(&[1])?.value(&x)?, 0.5);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FiniteSum {
    samples: Vec<Arc<dyn Objective>>,
}

impl FiniteSum {
    /// The mean of functions on one whole space.
    ///
    /// # Errors
    ///
    /// If there is none, or they differ in dimension, or one is not defined everywhere.
    pub fn new(samples: Vec<Arc<dyn Objective>>) -> Result<Self, ConvexityError> {
        let Some(first) = samples.first() else {
            return Err(ConvexityError::Empty { argument: "samples" });
        };
        for sample in &samples {
            require_dimension("samples", sample.dimension(), first.dimension())?;
            if sample.domain() != Domain::Whole {
                return Err(ConvexityError::Incompatible {
                    what: "the losses of samples",
                    reason: format!("{} is not defined on the whole space", sample.name()),
                });
            }
        }
        Ok(Self { samples })
    }

    /// n.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// False: a sum has at least one sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The losses of the samples.
    #[must_use]
    pub fn samples(&self) -> &[Arc<dyn Objective>] {
        &self.samples
    }

    /// The mean loss over a batch, given by the places of its samples.
    ///
    /// # Errors
    ///
    /// If the batch is empty, repeats a sample, or names one that does not exist.
    pub fn batch(&self, batch: &[usize]) -> Result<Self, ConvexityError> {
        if batch.is_empty() {
            return Err(ConvexityError::Empty { argument: "batch" });
        }
        let mut seen = vec![false; self.len()];
        for &i in batch {
            let fresh = i < self.len() && !std::mem::replace(&mut seen[i], true);
            require_range("batch", i as f64, fresh, "a sample of the sum, named once")?;
        }
        Ok(Self { samples: batch.iter().map(|&i| Arc::clone(&self.samples[i])).collect() })
    }

    /// The mean loss over the samples outside a batch; none if the batch holds them all.
    ///
    /// # Errors
    ///
    /// As [`FiniteSum::batch`].
    pub fn complement(&self, batch: &[usize]) -> Result<Option<Self>, ConvexityError> {
        self.batch(batch)?;
        let rest: Vec<_> = (0..self.len()).filter(|i| !batch.contains(i)).collect();
        if rest.is_empty() { Ok(None) } else { self.batch(&rest).map(Some) }
    }

    fn count(&self) -> f64 {
        self.samples.len() as f64
    }
}

impl Function for FiniteSum {
    fn name(&self) -> String {
        format!("mean of {} losses", self.len())
    }

    fn dimension(&self) -> usize {
        self.samples[0].dimension()
    }

    fn domain(&self) -> Domain {
        Domain::Whole
    }

    fn kinks(&self) -> Vec<Kink> {
        self.samples.iter().flat_map(|sample| sample.kinks()).collect()
    }
}

impl Objective for FiniteSum {
    fn value(&self, x: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        let mut sum = 0.0;
        for sample in &self.samples {
            sum += sample.value(x)?;
        }
        Ok(sum / self.count())
    }

    fn gradient(&self, x: &ArrayRef1<f64>) -> Result<Array1<f64>, ConvexityError> {
        let mut sum = Array1::zeros(self.dimension());
        for sample in &self.samples {
            sum += &slope(&**sample, x)?;
        }
        Ok(sum / self.count())
    }

    fn enclosable(&self) -> Option<&dyn Enclosable> {
        self.samples.iter().all(|sample| sample.enclosable().is_some()).then_some(self)
    }
}

/// The mean in an arithmetic of formulas; unknown where a sample is no formula, which `enclosable` rules out.
impl<N: Number> Evaluate<N> for FiniteSum
where
    for<'a> dyn Enclosable + 'a: Evaluate<N>,
{
    fn value_of(&self, x: &[N]) -> N {
        let mut sum = N::zero();
        for sample in &self.samples {
            sum = sum + sample.enclosable().map_or_else(N::unknown, |formula| formula.value_of(x));
        }
        sum / self.count()
    }

    fn gradient_of(&self, x: &[N], gradient: &mut [N]) {
        let mut sum = vec![N::zero(); x.len()];
        let mut one = vec![N::unknown(); x.len()];
        for sample in &self.samples {
            match sample.enclosable() {
                Some(formula) => formula.gradient_of(x, &mut one),
                None => one.fill(N::unknown()),
            }
            sum.iter_mut().zip(&one).for_each(|(sum, one)| *sum = sum.clone() + one);
        }
        gradient.iter_mut().zip(sum).for_each(|(to, sum)| *to = sum / self.count());
    }

    fn bregman_of(&self, u: &[N], v: &[N]) -> N {
        let mut sum = N::zero();
        for sample in &self.samples {
            sum = sum + sample.enclosable().map_or_else(N::unknown, |formula| formula.bregman_of(u, v));
        }
        sum / self.count()
    }
}

impl<E: Endpoint> Differentiate<E> for FiniteSum
where
    for<'a> dyn Enclosable + 'a: Differentiate<E>,
{
    fn slopes_of(&self, x: &[Interval<E>]) -> Vec<Interval<E>> {
        let mut sum = vec![Interval::<E>::zero(); x.len()];
        for sample in &self.samples {
            let own = sample
                .enclosable()
                .map_or_else(|| vec![Number::unknown(); x.len()], |formula| formula.slopes_of(x));
            sum.iter_mut().zip(&own).for_each(|(sum, own)| *sum = sum.clone() + own);
        }
        sum.into_iter().map(|sum| sum / self.count()).collect()
    }

    fn curvature_of(&self, x: &[Interval<E>], direction: &[Interval<E>]) -> Interval<E> {
        let mut sum = Interval::<E>::zero();
        for sample in &self.samples {
            let own = sample.enclosable().map(|formula| formula.curvature_of(x, direction));
            sum = sum + own.unwrap_or_else(Number::unknown);
        }
        sum / self.count()
    }
}

impl Enclosable for FiniteSum {}
