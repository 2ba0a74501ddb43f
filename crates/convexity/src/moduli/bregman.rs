//! The Bregman divergence of a function.

use crate::error::ConvexityError;
use crate::objectives::Objective;
use ndarray::ArrayRef1;

/// `D_G(u, v) = G(u) - G(v) - <s_v, u - v>`, with the chosen subgradient s_v.
///
/// For convex G it is the Fenchel-Young loss `G(u) + G*(s_v) - <u, s_v>`, and never negative. Its round-off is that of G, relative to
/// the values of G, unless the function has a formula for the divergence itself.
///
/// # Errors
///
/// If u or v is not finite, of the wrong length or outside the domain, G has no subgradient at v, or a value is
/// beyond f64; the error names the argument.
///
/// ```
/// use fenchel_convexity::catalogue::LogSumExp;
/// use fenchel_convexity::moduli::bregman;
/// use ndarray::array;
///
/// let d = bregman(&LogSumExp::new(2)?, &array![1.0, 0.0], &array![0.0, 0.0])?;
/// // log(1 + e) - log 2 - 1/2, the divergence KL(softmax v || softmax u).
/// assert!((d - ((1.0 + 1f64.exp()).ln() - 2f64.ln() - 0.5)).abs() < 1e-15);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
pub fn bregman(
    objective: &dyn Objective,
    u: &ArrayRef1<f64>,
    v: &ArrayRef1<f64>,
) -> Result<f64, ConvexityError> {
    objective.bregman(u, v)
}
