//! The runner: gradient descent and SGD with a constant step, recorded as the guarantees need it.

use super::round_off::value_error;
use super::{Observation, Oracle, ProxyConvex, RoundOff, SmoothGuarantee};
use crate::error::{ConvexityError, require_finite, require_positive, require_range, require_vector};
use fenchel_random::{Seed, Stream};
use ndarray::{Array1, ArrayRef1};
use rayon::prelude::*;

/// v with h(v): what the run is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparator {
    pub(super) point: Array1<f64>,
    pub(super) cost: f64,
}

impl Comparator {
    /// The comparator v that costs h(v).
    ///
    /// # Errors
    ///
    /// If v is empty or a number is not finite.
    pub fn new(point: Array1<f64>, cost: f64) -> Result<Self, ConvexityError> {
        require_finite("v", &point)?;
        require_range("h(v)", cost, true, "finite")?;
        Ok(Self { point, cost })
    }

    /// v.
    #[must_use]
    pub fn point(&self) -> &Array1<f64> {
        &self.point
    }

    /// h(v).
    #[must_use]
    pub const fn cost(&self) -> f64 {
        self.cost
    }

    /// `||w_0 - v||`.
    ///
    /// # Errors
    ///
    /// If w_0 does not fit.
    pub fn distance(&self, start: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        require_vector("w_0", start, self.point.len())?;
        let difference = start.to_owned() - &self.point;
        Ok(difference.dot(&difference).sqrt())
    }

    /// P2 for a start and L2.
    ///
    /// # Errors
    ///
    /// If w_0 does not fit, h(v) is negative or L2 is not positive.
    pub fn guarantee(
        &self,
        start: &ArrayRef1<f64>,
        smoothness: f64,
    ) -> Result<SmoothGuarantee, ConvexityError> {
        let distance = self.distance(start)?;
        SmoothGuarantee { distance, comparator_cost: self.cost, smoothness }.checked()
    }
}

/// Gradient descent or SGD: step size eta, T steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent {
    step: f64,
    steps: usize,
}

/// What is recorded at the iterate w_t, and of the step from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// f(w_t).
    pub f: f64,
    /// g(w_t).
    pub g: f64,
    /// `||grad f(w_t)||^2`.
    pub gradient_square: f64,
    /// `E||grad f(w_t; z)||^2` given w_t, whether or not the step was made by a stochastic gradient.
    pub second_moment: f64,
    /// `<grad f(w_t), w_t - v>`.
    pub inner: f64,
    /// `<grad f(w_t), s_t>`, s_t the gradient by which the step was made.
    pub slope: f64,
    /// `||s_t||^2`.
    pub step_square: f64,
    /// `||w_t - v||`.
    pub distance: f64,
    /// `||w_t||`.
    pub norm: f64,
    /// f(w_{t+1}).
    pub next: f64,
    /// Whether the two errors below are bounds; where nothing is stated they are zero and say nothing.
    pub bounded: bool,
    /// What round-off may have done to f, g and the gradients at w_t.
    pub error: RoundOff,
    /// What round-off may have done to f(w_{t+1}).
    pub next_error: f64,
}

/// A recorded run.
#[derive(Clone, Debug)]
pub struct Run {
    pub(super) step: f64,
    pub(super) cost: f64,
    pub(super) steps: Vec<Step>,
    pub(super) stochastic: bool,
    pub(super) last: Array1<f64>,
    /// For an oracle that states no errors: its functions, and w_0, ..., w_T.
    replay: Option<(ProxyConvex, Vec<Array1<f64>>)>,
}

impl Run {
    /// The numbers at w_t with bounds on their errors, if there are any.
    pub(super) fn bounded(&self, t: usize) -> Option<Step> {
        let step = self.steps[t];
        if step.bounded {
            return Some(step);
        }
        let (functions, iterates) = self.replay.as_ref()?;
        let error = functions.round_off(&iterates[t])?;
        let next_error = value_error(&**functions.f(), &iterates[t + 1])?;
        Some(Step { bounded: true, error, next_error, ..step })
    }

    /// eta.
    #[must_use]
    pub const fn step_size(&self) -> f64 {
        self.step
    }

    /// The iterates w_0, ..., w_{T-1} in numbers.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// w_T.
    #[must_use]
    pub fn last(&self) -> &Array1<f64> {
        &self.last
    }

    /// h(v).
    #[must_use]
    pub const fn comparator_cost(&self) -> f64 {
        self.cost
    }

    /// Whether the steps were made by stochastic gradients.
    #[must_use]
    pub const fn is_stochastic(&self) -> bool {
        self.stochastic
    }

    /// The means of g over the first 1, ..., T iterates.
    #[must_use]
    pub fn running_means(&self) -> Vec<f64> {
        let mut sum = 0.0;
        let add = |(t, step): (usize, &Step)| {
            sum += step.g;
            sum / (t + 1) as f64
        };
        self.steps.iter().enumerate().map(add).collect()
    }
}

impl Descent {
    /// The method with step size eta and T steps.
    ///
    /// # Errors
    ///
    /// If the step is not finite and positive, or T is 0.
    pub fn new(step: f64, steps: usize) -> Result<Self, ConvexityError> {
        require_positive("step", step)?;
        require_range("steps", steps as f64, steps > 0, "at least 1")?;
        Ok(Self { step, steps })
    }

    /// Gradient descent from w_0.
    ///
    /// # Errors
    ///
    /// If w_0 or v does not fit, or as [`Oracle::observe`], as when the iterates diverge.
    pub fn gradient(
        &self,
        oracle: &dyn Oracle,
        start: &ArrayRef1<f64>,
        comparator: &Comparator,
    ) -> Result<Run, ConvexityError> {
        self.run(oracle, start, comparator, None)
    }

    /// SGD from w_0, once for each of `runs` streams of the seed.
    ///
    /// The runs are independent and made in parallel; their numbers do not depend on the number of threads.
    ///
    /// # Errors
    ///
    /// If `runs` is below 2, of which no interval can be made, or as [`Descent::gradient`].
    pub fn stochastic(
        &self,
        oracle: &dyn Oracle,
        start: &ArrayRef1<f64>,
        comparator: &Comparator,
        runs: usize,
        seed: Seed,
    ) -> Result<Vec<Run>, ConvexityError> {
        require_range("runs", runs as f64, runs >= 2, "at least 2")?;
        (0..runs)
            .into_par_iter()
            .map(|i| self.run(oracle, start, comparator, Some(seed.derive("run").index(i as u64).stream())))
            .collect()
    }

    fn run(
        &self,
        oracle: &dyn Oracle,
        start: &ArrayRef1<f64>,
        comparator: &Comparator,
        mut stream: Option<Stream>,
    ) -> Result<Run, ConvexityError> {
        require_vector("w_0", start, oracle.dimension())?;
        require_vector("v", comparator.point(), oracle.dimension())?;
        let v = comparator.point();
        let mut w = start.to_owned();
        let mut replay = oracle.functions().map(|functions| (functions.clone(), vec![w.clone()]));
        let mut seen = oracle.observe(&w)?;
        let mut steps = Vec::with_capacity(self.steps);
        for _ in 0..self.steps {
            let sampled = match &mut stream {
                Some(stream) => oracle.sample(&w, stream)?,
                None => seen.gradient.clone(),
            };
            let mut step = describe(&w, v, &sampled, &seen);
            w.scaled_add(-self.step, &sampled);
            require_finite("w", &w)?;
            seen = oracle.observe(&w)?;
            step.next = seen.f;
            step.bounded &= seen.error.is_some();
            step.next_error = seen.error.unwrap_or_default().f;
            steps.push(step);
            if let Some((_, iterates)) = &mut replay {
                iterates.push(w.clone());
            }
        }
        let (step, cost, stochastic) = (self.step, comparator.cost, stream.is_some());
        Ok(Run { step, cost, steps, stochastic, last: w, replay })
    }
}

fn describe(w: &Array1<f64>, v: &ArrayRef1<f64>, sampled: &Array1<f64>, seen: &Observation) -> Step {
    let gradient = &seen.gradient;
    let gradient_square = gradient.dot(gradient);
    let (mut inner, mut distance) = (0.0, 0.0);
    for ((s, w), v) in gradient.iter().zip(w).zip(v) {
        inner += s * (w - v);
        distance += (w - v) * (w - v);
    }
    Step {
        f: seen.f,
        g: seen.g,
        gradient_square,
        second_moment: seen.second_moment,
        inner,
        slope: gradient.dot(sampled),
        step_square: sampled.dot(sampled),
        distance: distance.sqrt(),
        norm: w.dot(w).sqrt(),
        next: f64::NAN,
        bounded: seen.error.is_some(),
        error: seen.error.unwrap_or_default(),
        next_error: f64::NAN,
    }
}
