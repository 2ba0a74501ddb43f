//! The functions to be minimised: ‖x‖₂^r, and a catalogue of H(Φ)-smooth functions whose constants are known.

use fenchel_harness::Failure;
use fenchel_random::Seed;

use super::potential::{Norm, NormPower};

/// A function bounded below, with what the rates of T7 need to know of it.
pub(super) trait Objective {
    /// G(x) − inf G.
    fn gap(&self, x: &[f64]) -> f64;
    /// ∇G(x).
    fn gradient(&self, x: &[f64]) -> Vec<f64>;
    /// A bound on the rounding error of [`gap`](Self::gap) at x.
    fn rounding(&self, x: &[f64]) -> f64;
    /// The distance of x to the minimisers; None where G is not convex.
    fn distance(&self, x: &[f64], norm: Norm) -> Option<f64>;
    /// The c of G − inf G <= φ*(∇G), φ = N(c, r, ‖·‖) with Φ's exponent and norm; None where there is none.
    fn dominated(&self) -> Option<f64>;
}

/// The relative error of a sum of m positive terms and a few more operations, twice over.
fn relative(m: usize) -> f64 {
    (m as f64 + 16.0) * f64::EPSILON
}

/// F(x) = ‖x‖₂^r, 1 < r <= 2.
pub(super) struct PowerOfNorm {
    pub(super) r: f64,
}

impl Objective for PowerOfNorm {
    fn gap(&self, x: &[f64]) -> f64 {
        Norm::L2.of(x).powf(self.r)
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        let norm = Norm::L2.of(x);
        let factor = if norm == 0.0 { 0.0 } else { self.r * norm.powf(self.r - 2.0) };
        x.iter().map(|v| factor * v).collect()
    }

    fn rounding(&self, x: &[f64]) -> f64 {
        relative(x.len()) * self.gap(x)
    }

    fn distance(&self, x: &[f64], norm: Norm) -> Option<f64> {
        Some(norm.of(x))
    }

    fn dominated(&self) -> Option<f64> {
        // (1/r)‖x‖^r has (r−1)^{r−1} [T7(iii)]; F is r times that.
        Some(self.r * (self.r - 1.0).powf(self.r - 1.0))
    }
}

/// ½ Σ d_i x_i², with the constant of domination that belongs to the norm of Φ.
struct Quadratic {
    d: Vec<f64>,
    dominated: f64,
}

impl Objective for Quadratic {
    fn gap(&self, x: &[f64]) -> f64 {
        0.5 * x.iter().zip(&self.d).map(|(v, d)| d * v * v).sum::<f64>()
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        x.iter().zip(&self.d).map(|(v, d)| d * v).collect()
    }

    fn rounding(&self, x: &[f64]) -> f64 {
        relative(x.len()) * self.gap(x)
    }

    fn distance(&self, x: &[f64], norm: Norm) -> Option<f64> {
        Some(norm.of(x))
    }

    fn dominated(&self) -> Option<f64> {
        Some(self.dominated)
    }
}

/// Softmax cross-entropy in the logits for a target inside the simplex: log Σ e^{x_i} − ⟨y, x⟩, y = softmax(z).
struct CrossEntropy {
    z: Vec<f64>,
    y: Vec<f64>,
}

fn log_sum_exp(x: &[f64]) -> f64 {
    let most = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + x.iter().map(|v| (v - most).exp()).sum::<f64>().ln()
}

fn softmax(x: &[f64]) -> Vec<f64> {
    let log_sum = log_sum_exp(x);
    x.iter().map(|v| (v - log_sum).exp()).collect()
}

impl CrossEntropy {
    fn value(&self, x: &[f64]) -> f64 {
        log_sum_exp(x) - x.iter().zip(&self.y).map(|(v, y)| v * y).sum::<f64>()
    }
}

impl Objective for CrossEntropy {
    fn gap(&self, x: &[f64]) -> f64 {
        self.value(x) - self.value(&self.z)
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        softmax(x).into_iter().zip(&self.y).map(|(p, y)| p - y).collect()
    }

    fn rounding(&self, x: &[f64]) -> f64 {
        // Two values, each a difference of terms no larger than max |x_i| + log m.
        let size = |x: &[f64]| Norm::LInf.of(x) + (x.len() as f64).ln();
        2.0 * relative(x.len()) * (size(x) + size(&self.z))
    }

    fn distance(&self, x: &[f64], norm: Norm) -> Option<f64> {
        // The minimisers are the line z + t (1, ..., 1); the nearest t is the mean in l2 and the mid-range in l_inf.
        let away: Vec<f64> = x.iter().zip(&self.z).map(|(v, z)| v - z).collect();
        let (low, high) =
            away.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
        let centre = if norm == Norm::LInf {
            0.5 * (low + high)
        } else {
            away.iter().sum::<f64>() / away.len() as f64
        };
        Some(norm.of(&away.iter().map(|v| v - centre).collect::<Vec<_>>()))
    }

    fn dominated(&self) -> Option<f64> {
        None
    }
}

/// ½ ‖x‖_p², p >= 2.
struct HalfSquare {
    p: f64,
}

impl Objective for HalfSquare {
    fn gap(&self, x: &[f64]) -> f64 {
        0.5 * Norm::Lp(self.p).of(x).powi(2)
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        let norm = Norm::Lp(self.p).of(x);
        x.iter().map(|v| norm.powf(2.0 - self.p) * v.signum() * v.abs().powf(self.p - 1.0)).collect()
    }

    fn rounding(&self, x: &[f64]) -> f64 {
        self.p * relative(x.len()) * self.gap(x)
    }

    fn distance(&self, x: &[f64], norm: Norm) -> Option<f64> {
        Some(norm.of(x))
    }

    fn dominated(&self) -> Option<f64> {
        // ‖∇G‖_q = ‖x‖_p, so G = ½ ‖∇G‖_q² exactly.
        Some(1.0)
    }
}

/// Functions of one variable.
enum Scalar {
    /// cos x + 1, not convex.
    Cosine,
    /// Huber's function of width d.
    Huber(f64),
    /// ¾ |x|^{4/3}.
    ThreeQuarters,
}

impl Objective for Scalar {
    fn gap(&self, x: &[f64]) -> f64 {
        let x = x[0];
        match self {
            // 1 + cos x without cancellation.
            Self::Cosine => 2.0 * (0.5 * x).cos().powi(2),
            Self::Huber(d) => {
                if x.abs() <= *d {
                    0.5 * x * x
                } else {
                    d * (x.abs() - 0.5 * d)
                }
            }
            Self::ThreeQuarters => 0.75 * x.abs().powf(4.0 / 3.0),
        }
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        let x = x[0];
        vec![match self {
            Self::Cosine => -x.sin(),
            Self::Huber(d) => x.clamp(-d, *d),
            Self::ThreeQuarters => x.signum() * x.abs().cbrt(),
        }]
    }

    fn rounding(&self, x: &[f64]) -> f64 {
        match self {
            // The argument of the cosine is rounded: an error of |x| ε in x moves 1 + cos x by |sin x| times that.
            Self::Cosine => {
                relative(1) * self.gap(x)
                    + 2.0 * f64::EPSILON * (x[0] * x[0].sin()).abs()
                    + f64::EPSILON.powi(2)
            }
            Self::Huber(_) | Self::ThreeQuarters => relative(1) * self.gap(x),
        }
    }

    fn distance(&self, x: &[f64], _: Norm) -> Option<f64> {
        match self {
            Self::Cosine => None,
            Self::Huber(_) | Self::ThreeQuarters => Some(x[0].abs()),
        }
    }

    fn dominated(&self) -> Option<f64> {
        match self {
            Self::ThreeQuarters => Some((1.0_f64 / 3.0).cbrt()),
            Self::Cosine | Self::Huber(_) => None,
        }
    }
}

/// A function of the catalogue with its majorant and a starting point.
pub(super) struct Problem {
    pub(super) objective: Box<dyn Objective>,
    pub(super) potential: NormPower,
    pub(super) start: Vec<f64>,
}

/// The dimension of the catalogue's functions of several variables.
pub(super) const DIMENSION: usize = 20;

/// The names of the catalogue.
pub(super) const NAMES: [&str; 9] = [
    "quadratic-l2",
    "quadratic-l1",
    "quadratic-linf",
    "cross-entropy-l2",
    "cross-entropy-linf",
    "half-square-l4",
    "cosine",
    "huber",
    "three-quarters",
];

/// The function `name`, with parameters and a starting point drawn from `seed`.
pub(super) fn problem(name: &str, seed: u64) -> Result<Problem, Failure> {
    let m = DIMENSION;
    let start = normal_vector(&format!("gd {name}"), seed, m);
    let d: Vec<f64> = (0..m).map(|i| 0.1 + 1.9 * i as f64 / (m - 1) as f64).collect();
    let quadratic = |norm: Norm, c: f64, dominated: f64| -> (Box<dyn Objective>, NormPower) {
        (Box::new(Quadratic { d: d.clone(), dominated }), NormPower { c, r: 2.0, norm })
    };
    let cross_entropy = |norm: Norm, c: f64| -> (Box<dyn Objective>, NormPower) {
        let z = normal_vector("gd target", seed, m);
        let y = softmax(&z);
        (Box::new(CrossEntropy { z, y }), NormPower { c, r: 2.0, norm })
    };
    let scalar = |objective: Scalar, c: f64, r: f64| -> (Box<dyn Objective>, NormPower) {
        (Box::new(objective), NormPower { c, r, norm: Norm::L2 })
    };
    let (objective, potential) = match name {
        "quadratic-l2" => quadratic(Norm::L2, 2.0, 0.1),
        // On the unit balls x'Qx is largest at a corner: a coordinate vector in l1, a vector of signs in l_inf.
        "quadratic-l1" => quadratic(Norm::L1, 2.0, 1.0 / d.iter().map(|d| 1.0 / d).sum::<f64>()),
        "quadratic-linf" => quadratic(Norm::LInf, d.iter().sum(), 0.1),
        "cross-entropy-l2" => cross_entropy(Norm::L2, 0.5),
        "cross-entropy-linf" => cross_entropy(Norm::LInf, 1.0),
        "half-square-l4" => {
            let boxed: Box<dyn Objective> = Box::new(HalfSquare { p: 4.0 });
            (boxed, NormPower { c: 3.0, r: 2.0, norm: Norm::Lp(4.0) })
        }
        "cosine" => scalar(Scalar::Cosine, 1.0, 2.0),
        "huber" => scalar(Scalar::Huber(0.5), 1.0, 2.0),
        "three-quarters" => scalar(Scalar::ThreeQuarters, 3_f64.cbrt(), 4.0 / 3.0),
        _ => {
            return Err(format!("the catalogue has no function `{name}`; it has {}", NAMES.join(", ")).into());
        }
    };
    let scalar = matches!(name, "cosine" | "huber" | "three-quarters");
    let start = if scalar { vec![3.0 * start[0]] } else { start };
    Ok(Problem { objective, potential, start })
}

/// Independent standard normal numbers, by Box and Muller's transform.
pub(super) fn normal_vector(name: &str, seed: u64, n: usize) -> Vec<f64> {
    let mut stream = Seed::new(seed).derive(name).stream();
    (0..n)
        .map(|_| {
            // 1 − u lies in (0, 1].
            let (u, v): (f64, f64) = (1.0 - stream.random::<f64>(), stream.random());
            (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The gradients agree with central differences, and the constants of smoothness and domination hold.
        #[test]
        fn the_catalogue_is_what_it_says(which in 0..NAMES.len(), seed in 0_u64..50) {
            let Problem { objective, potential, start } = problem(NAMES[which], seed).unwrap();
            let gradient = objective.gradient(&start);
            let step = 1e-5;
            for i in 0..start.len() {
                let shifted = |by: f64| { let mut x = start.clone(); x[i] += by; objective.gap(&x) };
                let difference = (shifted(step) - shifted(-step)) / (2.0 * step);
                // Huber and ¾|x|^{4/3} are not three times differentiable; away from 0 the error is O(step).
                prop_assert!((difference - gradient[i]).abs() < 1e-4 * (1.0 + gradient[i].abs()), "{}", NAMES[which]);
            }
            let gap = objective.gap(&start);
            prop_assert!(potential.conjugate(&gradient) <= gap + objective.rounding(&start));
            if let Some(c) = objective.dominated() {
                let lower = NormPower { c, ..potential };
                prop_assert!(gap <= lower.conjugate(&gradient) * (1.0 + 1e-12) + objective.rounding(&start));
            }
            // The definition itself, at a second point.
            let other = normal_vector("other", seed, start.len());
            let step: Vec<f64> = other.iter().zip(&start).map(|(u, v)| u - v).collect();
            let linear: f64 = step.iter().zip(&gradient).map(|(a, b)| a * b).sum();
            let majorant = potential.c / potential.r * potential.norm.of(&step).powf(potential.r);
            prop_assert!(objective.gap(&other) - gap - linear <= majorant + 1e-12 * (1.0 + majorant));
        }
    }

    #[test]
    fn unknown_names_are_refused() {
        assert!(problem("nonsense", 0).is_err());
    }
}
