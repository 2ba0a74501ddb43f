//! E2: a single neuron, realisable, with ReLU, and agnostic.
//!
//! `f(w) = (1/2) mean_i (sigma(w.x_i) - y_i)^2` with `sigma(z) = z` for z > 0 and `slope z` else: leaky ReLU
//! for 0 < slope < 1, ReLU for slope 0, and least squares for slope 1. The derivative at 0 is that of the
//! left side.
//!
//! | instance | hypothesis | g | h(v) | L2 of P2, `||x|| <= B` |
//! |---|---|---|---|---|
//! | [`NeuronInstance::realisable`] | y = sigma(v.x), sigma' >= gamma > 0 | 2 gamma f | 0 | B²/gamma |
//! | [`NeuronInstance::relu`] | y = sigma(v.x), ReLU | mean (sigma(w.x) - sigma(v.x))² sigma'(w.x) | 0 | B² |
//! | [`NeuronInstance::agnostic_relu`] | any y, any v, ReLU | f(v) + half of ReLU's g | 2 f(v) + mean (-v.x)₊ y₊ | 4 B² |
//! | [`NeuronInstance::agnostic`] | any y, any v, sigma' >= gamma > 0 | (gamma/2) f | (gamma + 1/gamma) f(v) | 4 B²/gamma |
//! | [`NeuronInstance::least_squares`] (E1) | slope 1, any y, any v | f | f(v) | 2 B² |
//!
//! **Proof.** Let `a = w.x`, `b = v.x`, `d = sigma(a) - sigma(b)`. sigma is increasing and 1-Lipschitz, so
//! `gamma |a - b| <= |d| <= |a - b|` with equal signs.
//!
//! *Realisable:* `<grad f(w), w - v> = E d sigma'(a)(a - b) >= gamma E d^2 = 2 gamma f(w)`, and
//! `||grad f(w; z)||^2 <= B^2 d^2`, so its mean is at most `2 B^2 f = (B^2/gamma) g`.
//!
//! *ReLU:* where a > 0, `(a - sigma(b))(a - b) >= (a - sigma(b))^2`: either b >= 0 and both are equal, or b <
//! 0 and `a (a - b) >= a^2`. Where a <= 0 both sides are multiplied by sigma'(a) = 0. And
//! `||grad f(w; z)||^2 <= B^2 d^2 sigma'(a)`.
//!
//! *Agnostic (ours):* let `r = sigma(b) - y`. Pointwise
//! `(sigma(a) - y) sigma'(a)(a - b) >= sigma'(a)|a - b| (|d| - |r|)`. If |d| >= |r| this is at least
//! `gamma |d| (|d| - |r|)`, which exceeds `(gamma/2) d^2 - r^2/(2 gamma)` by at least
//! `(gamma/2)(|d| - |r|)^2`, as gamma <= 1. If |d| < |r| it is at least `-(|d|/gamma)(|r| - |d|)`, which
//! exceeds the same by at least `(|d| - |r|)^2/(2 gamma)`. So
//! `<grad f(w), w - v> >= (gamma/2) E d^2 - f(v)/gamma`; and `f(w) <= E d^2 + 2 f(v)` gives
//! `(gamma/2) f(w) - (gamma + 1/gamma) f(v)`. The stochastic gradients have
//! `E||.||^2 <= 2 B^2 f = (4 B^2/gamma) g`.
//!
//! *Agnostic ReLU (ours):* where a > 0: if b >= 0, `(sigma(a) - y)(a - b) = (d + r) d >= d^2/2 - r^2/2`; if b < 0,
//! then sigma(b) = 0, r = -y and `(a - y)(a + |b|) >= d^2/2 - r^2/2 - |b| y₊`. Where a <= 0 left side and g's
//! share are 0. So `<grad f(w), w - v> >= (1/2) E d^2 sigma'(a) - f(v) - E b₋ y₊`, and f(v) is added to g and h,
//! as `E||grad f(w; z)||^2 <= 2 B^2 E (d^2 + r^2) sigma'(a) <= 4 B^2 g` needs it. Both constants of h are sharp.
//!
//! **As a proxy PL inequality** ([`NeuronInstance::pl`]). `||grad f(w)|| ||w - v|| >= <grad f(w), w - v>`, so
//! where `||w - v|| <= rho` each row is one with xi = h(v), alpha = 1, mu = 2/rho; for slope 1 an equality along
//! eigenvectors of `E xx'`. Where h(v) = 0, gradient descent with `eta <= 2/L2` never moves away from v (P2's
//! proof), so that `rho = ||w_0 - v||` serves on its whole run. ∎
//!
//! **What g says of f.** In all rows but those of ReLU g is a multiple of f. ReLU's g counts only samples on which
//! the neuron is active: it bounds f where the inputs spread over all directions, and says nothing at a start
//! such as w_0 = 0, where no sample is active and gradient descent does not move. [`spread`] measures the
//! ratio g / 2f on a run.
//!
//! **Reference.** Frei, Gu, arXiv 2106.13792, section 4; spread inputs: Yehudai, Shamir, 2020 (arXiv
//! 2001.05205); agnostic: Frei, Cao, Gu, 2020 (arXiv 2005.14426).

mod formula;
mod instance;
mod oracle;

pub use formula::{ActiveError, Neuron};
pub use instance::NeuronInstance;
pub use oracle::NeuronOracle;

use super::Run;

/// The least ratio `g(w_t) / 2 f(w_t)` on a run: the kappa with which `2 kappa f <= g` held, so that a bound
/// on the mean of g bounds the mean of f.
///
/// Zero if g vanished while f did not; 1 on a run without iterates that err.
#[must_use]
pub fn spread(run: &Run) -> f64 {
    run.steps().iter().filter(|step| step.f > 0.0).map(|step| step.g / (2.0 * step.f)).fold(1.0, f64::min)
}
