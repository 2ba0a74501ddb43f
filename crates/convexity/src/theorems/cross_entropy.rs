//! Section 4: the upper bound on the softmax cross-entropy by its residual and the least probability.
//!
//! **Statement.** For a one-hot target among m classes, p = softmax f and e = p - y: `l <= K ||e||^2 /
//! min_i p_i` for every f, with `K = ln m / (m-1)`, attained at uniform p. GCS prints K = 1/4, which is
//! false up to ten classes (docs/errata.md, 1).
//!
//! **Assumptions.** None: every f is allowed.
//!
//! **What is computed.** Both sides at logits of every size, near-uniform ones among them; a negative
//! slack again in 256 bits.
//!
//! **Reference.** Theory, section 4 (ours, tight); GCS (arXiv 2608.09523), Corollary 5.3. For two and
//! three classes [`certified::cross_entropy`](crate::certified::cross_entropy) proves it.
//!
//! **Cost.** The budget, a softmax each.
//!
//! ```
//! use fenchel_convexity::search::SearchConfig;
//! use fenchel_convexity::theorems::cross_entropy::{best_constant, check};
//!
//! let config = SearchConfig::budget(500);
//! assert!(check(10, best_constant(10)?, &config)?.verdict().holds());
//! assert!(check(10, 0.25, &config)?.verdict().is_violated());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

use super::points::point;
use crate::error::{ConvexityError, require_positive, require_range};
use crate::inequality::{Evidence, Observation, Tally};
use crate::losses::{Loss, SoftmaxCrossEntropy};
use crate::number::{Number, PreciseInterval};
use crate::objectives::Domain;
use crate::search::SearchConfig;
use crate::verdict::{Report, Witness};
use ndarray::{Array1, ArrayView1};

/// `ln m / (m-1)`, rounded up.
///
/// # Errors
///
/// If there are fewer than 2 classes.
pub fn best_constant(classes: usize) -> Result<f64, ConvexityError> {
    require_range("classes", classes as f64, classes >= 2, "at least 2")?;
    let m = classes as f64;
    Ok(m.ln() / (m - 1.0) * (1.0 + 4.0 * f64::EPSILON))
}

/// Examines the bound with a constant.
///
/// # Errors
///
/// If there are fewer than 2 classes, the constant is not positive, or the budget is 0.
pub fn check(classes: usize, constant: f64, config: &SearchConfig) -> Result<Report, ConvexityError> {
    require_range("classes", classes as f64, classes >= 2, "at least 2")?;
    require_positive("constant", constant)?;
    require_range("budget", config.budget as f64, config.budget > 0, "at least 1")?;
    let mut target = Array1::zeros(classes);
    target[0] = 1.0;
    let mut tally = Tally::new("section 4");
    for index in 0..config.budget {
        let mut logits = point(config.seed.derive("logits"), index, classes, &Domain::Whole, &[]);
        // Sizes from 1e-6 to 1e2: far beyond, min p is 0 in f64.
        logits.iter_mut().for_each(|f| *f *= 0.01);
        let mut residual = Array1::zeros(classes);
        let loss =
            SoftmaxCrossEntropy.value_and_residual(&target, &ArrayView1::from(&logits), &mut residual)?;
        let least = residual.iter().zip(&target).map(|(e, y)| e + y).fold(f64::INFINITY, f64::min);
        if least <= 0.0 {
            continue;
        }
        let bound = constant * residual.dot(&residual) / least;
        tally.observe(
            &Observation { measured: loss, bound, slack: bound - loss, size: loss + bound.min(f64::MAX) },
            || Witness::default().with("f", &logits),
            || Evidence::Enclosed(slack(&crate::objectives::lift(&logits), constant)),
        );
    }
    Ok(tally.finish(Vec::new()))
}

/// `K ||e||^2 / min p - l` for the target at the first class, by its definition.
fn slack(logits: &[PreciseInterval], constant: f64) -> PreciseInterval {
    let powers: Vec<PreciseInterval> = logits.iter().map(Number::exp).collect();
    let sum = Number::sum(powers.iter());
    let p: Vec<PreciseInterval> = powers.into_iter().map(|power| power / &sum).collect();
    let least = p.iter().skip(1).fold(p[0].clone(), |least, p| least.min(p));
    let wrong = (p[0].clone() - 1.0).square();
    let square = p.iter().skip(1).fold(wrong, |square, p| square + p.square());
    square * constant / least + p[0].ln()
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_constant_holds_and_one_per_cent_less_fails() {
        for m in [2, 3, 5, 10, 11, 40] {
            let config = SearchConfig::budget(800);
            let best = best_constant(m).unwrap();
            let report = check(m, best, &config).unwrap();
            assert!(report.verdict().holds(), "{m}: {}", report.verdict());
            assert!(check(m, 0.99 * best, &config).unwrap().verdict().is_violated(), "{m}");
            // The printed quarter: false up to ten classes, true from eleven on.
            assert_eq!(check(m, 0.25, &config).unwrap().verdict().is_violated(), m <= 10, "{m}");
        }
        assert!(best_constant(1).is_err() && check(3, f64::NAN, &SearchConfig::default()).is_err());
    }
}
