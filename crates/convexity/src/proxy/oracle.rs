//! What gradient descent and SGD ask of an instance, and the two oracles that every [`ProxyConvex`] has.

use super::ProxyConvex;
use crate::error::{ConvexityError, require_range, require_vector};
use crate::objectives::slope;
use fenchel_random::Stream;
use ndarray::{Array1, ArrayRef1};

/// An instance as the runner sees it: f with its surrogate g, its gradient, and unbiased stochastic
/// gradients.
pub trait Oracle: Send + Sync {
    /// The dimension of w.
    fn dimension(&self) -> usize;

    /// The gradient and the numbers at w.
    ///
    /// # Errors
    ///
    /// If w does not fit or is not finite, or a number leaves f64.
    fn observe(&self, w: &ArrayRef1<f64>) -> Result<Observation, ConvexityError>;

    /// One stochastic gradient at w; its mean over the stream is grad f(w).
    ///
    /// # Errors
    ///
    /// As [`Oracle::observe`].
    fn sample(&self, w: &ArrayRef1<f64>, stream: &mut Stream) -> Result<Array1<f64>, ConvexityError>;

    /// The functions whose f64 values the observations are, for an oracle that states no bound on the
    /// round-off.
    ///
    /// Runs then keep their iterates, and checkers compare the numbers with enclosures where it matters.
    fn functions(&self) -> Option<&ProxyConvex> {
        None
    }
}

/// The gradient and the numbers at one point.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// grad f(w).
    pub gradient: Array1<f64>,
    /// f(w).
    pub f: f64,
    /// g(w).
    pub g: f64,
    /// `E||grad f(w; z)||^2`, the second moment of [`Oracle::sample`].
    pub second_moment: f64,
    /// A bound, if the oracle states one, on what round-off did to these numbers and to the gradient.
    ///
    /// Certificates rest on it. Without one, [`Oracle::functions`] are enclosed, if there are any.
    pub error: Option<RoundOff>,
}

/// Bounds on the absolute round-off at one point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RoundOff {
    /// Of f(w).
    pub f: f64,
    /// Of g(w).
    pub g: f64,
    /// Of the gradient, and of every stochastic gradient, in norm.
    pub gradient: f64,
}

/// The second moment of the gradient of a batch of b among n samples, drawn without repetition.
///
/// `||grad f||^2 + (n - b)/(b (n - 1)) (mean ||grad l_i||^2 - ||grad f||^2)`, from the squared norm of the
/// full gradient and the mean of the samples' squared norms: the covariance of two draws without repetition
/// is `-1/(n - 1)` of the variance.
#[must_use]
pub fn batch_second_moment(full: f64, mean_square: f64, samples: usize, batch: usize) -> f64 {
    if samples <= 1 || batch >= samples {
        return full;
    }
    let (n, b) = (samples as f64, batch as f64);
    full + (n - b) / (b * (n - 1.0)) * (mean_square - full).max(0.0)
}

/// A batch of places among n, every set of this size equally likely.
///
/// Floyd's method: one draw a member. At most n members are drawn.
#[must_use]
pub fn draw_batch(stream: &mut Stream, n: usize, batch: usize) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::with_capacity(batch);
    for last in n.saturating_sub(batch)..n {
        let pick = stream.random_range(0..=last);
        chosen.push(if chosen.contains(&pick) { last } else { pick });
    }
    chosen
}

/// The oracle of a [`ProxyConvex`] without noise: its stochastic gradient is the gradient.
#[derive(Clone, Debug)]
pub struct Exact {
    noisy: Noisy,
}

impl Exact {
    /// The oracle.
    #[must_use]
    pub const fn new(proxy: ProxyConvex) -> Self {
        Self { noisy: Noisy { proxy, deviation: 0.0 } }
    }
}

/// The oracle of a [`ProxyConvex`] whose stochastic gradient has additive noise.
///
/// The noise is `+-s` times a coordinate vector, sign and coordinate uniform: its mean is zero and its
/// squared norm s^2, exactly.
#[derive(Clone, Debug)]
pub struct Noisy {
    proxy: ProxyConvex,
    deviation: f64,
}

impl Noisy {
    /// The oracle with noise of norm s.
    ///
    /// # Errors
    ///
    /// If s is negative or not finite.
    pub fn new(proxy: ProxyConvex, deviation: f64) -> Result<Self, ConvexityError> {
        require_range("deviation", deviation, deviation >= 0.0, "finite and at least 0")?;
        Ok(Self { proxy, deviation })
    }
}

impl Oracle for Noisy {
    fn dimension(&self) -> usize {
        self.proxy.f().dimension()
    }

    fn observe(&self, w: &ArrayRef1<f64>) -> Result<Observation, ConvexityError> {
        require_vector("w", w, self.dimension())?;
        let f = self.proxy.f().value(w)?;
        let gradient = slope(&**self.proxy.f(), w)?;
        let second_moment = gradient.dot(&gradient) + self.deviation * self.deviation;
        Ok(Observation { gradient, f, g: self.proxy.g().value(w)?, second_moment, error: None })
    }

    fn sample(&self, w: &ArrayRef1<f64>, stream: &mut Stream) -> Result<Array1<f64>, ConvexityError> {
        let mut gradient = slope(&**self.proxy.f(), w)?;
        let i = stream.random_range(0..w.len());
        gradient[i] += if stream.random_bool(0.5) { self.deviation } else { -self.deviation };
        Ok(gradient)
    }

    fn functions(&self) -> Option<&ProxyConvex> {
        Some(&self.proxy)
    }
}

impl Oracle for Exact {
    fn dimension(&self) -> usize {
        self.noisy.dimension()
    }

    fn observe(&self, w: &ArrayRef1<f64>) -> Result<Observation, ConvexityError> {
        self.noisy.observe(w)
    }

    fn sample(&self, w: &ArrayRef1<f64>, _: &mut Stream) -> Result<Array1<f64>, ConvexityError> {
        slope(&**self.noisy.proxy.f(), w)
    }

    fn functions(&self) -> Option<&ProxyConvex> {
        self.noisy.functions()
    }
}
