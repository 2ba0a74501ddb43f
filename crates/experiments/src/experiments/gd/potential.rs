//! Norm powers, by their formulas: conjugate value, gradient of the conjugate, and the best constants of ‖x‖₂^r.

/// A norm on R^m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Norm {
    L1,
    L2,
    /// p in (1, ∞).
    Lp(f64),
    LInf,
}

impl Norm {
    pub(super) fn of(self, u: &[f64]) -> f64 {
        match self {
            Self::L1 => u.iter().map(|v| v.abs()).sum(),
            Self::L2 => u.iter().map(|v| v * v).sum::<f64>().sqrt(),
            Self::Lp(p) => u.iter().map(|v| v.abs().powf(p)).sum::<f64>().powf(1.0 / p),
            Self::LInf => u.iter().fold(0.0, |most, v| most.max(v.abs())),
        }
    }

    pub(super) fn dual(self) -> Self {
        match self {
            Self::L1 => Self::LInf,
            Self::L2 => Self::L2,
            Self::Lp(p) => Self::Lp(p / (p - 1.0)),
            Self::LInf => Self::L1,
        }
    }

    /// A subgradient of the norm at u ≠ 0: of dual norm 1, with ⟨subgradient, u⟩ = ‖u‖.
    fn subgradient(self, u: &[f64]) -> Vec<f64> {
        let sign = |v: f64| if v == 0.0 { 0.0 } else { v.signum() };
        match self {
            Self::L1 => u.iter().map(|&v| sign(v)).collect(),
            Self::L2 => {
                let norm = self.of(u);
                u.iter().map(|v| v / norm).collect()
            }
            Self::Lp(p) => {
                let norm = self.of(u);
                u.iter().map(|&v| sign(v) * (v.abs() / norm).powf(p - 1.0)).collect()
            }
            Self::LInf => {
                let most = self.of(u);
                let at = u.iter().position(|v| v.abs() == most);
                u.iter().enumerate().map(|(i, &v)| if Some(i) == at { sign(v) } else { 0.0 }).collect()
            }
        }
    }
}

/// The potential Φ(u) = (c/r) ‖u‖^r.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NormPower {
    pub(super) c: f64,
    pub(super) r: f64,
    pub(super) norm: Norm,
}

impl NormPower {
    /// The conjugate exponent q = r / (r − 1).
    pub(super) fn q(self) -> f64 {
        self.r / (self.r - 1.0)
    }

    /// Φ*(s) = (1/q) c^{−(q−1)} ‖s‖_*^q [T1].
    pub(super) fn conjugate(self, s: &[f64]) -> f64 {
        // (‖s‖ / c)^{q−1} ‖s‖ / q: for r near 1 the powers of c and ‖s‖ alone would overflow.
        let norm = self.norm.dual().of(s);
        (norm / self.c).powf(self.q() - 1.0) * norm / self.q()
    }

    /// ∇Φ*(s).
    pub(super) fn conjugate_gradient(self, s: &[f64]) -> Vec<f64> {
        let dual = self.norm.dual();
        let norm = dual.of(s);
        if norm == 0.0 {
            return vec![0.0; s.len()];
        }
        let length = (norm / self.c).powf(self.q() - 1.0);
        dual.subgradient(s).into_iter().map(|v| length * v).collect()
    }

    /// qα − (q−1)α^r: the share of Φ*(∇G) that T6 promises.
    pub(super) fn promise(self, alpha: f64) -> f64 {
        self.q() * alpha - (self.q() - 1.0) * alpha.powf(self.r)
    }

    /// r^{1/(r−1)}, below which T6 promises descent.
    pub(super) fn largest_step(self) -> f64 {
        self.r.powf(1.0 / (self.r - 1.0))
    }
}

/// The least C for which (1/r)‖x‖₂^r, 1 < r <= 2, is H(N(C, r))-smooth: max over s in [0, 1] of
/// h_r(s) = (1−s)^r + s^{r−1}(r−s).
pub(super) fn tight_constant(r: f64) -> f64 {
    let h = |s: f64| (1.0 - s).powf(r) + s.powf(r - 1.0) * (r - s);
    // A grid finds the hill, thirds find its top; the slope of h is infinite at 0 but h is concave near its top.
    let n = 4000;
    let best =
        (0..=n).max_by(|&a, &b| h(f64::from(a) / f64::from(n)).total_cmp(&h(f64::from(b) / f64::from(n))));
    let best = f64::from(best.unwrap_or(0)) / f64::from(n);
    let (mut low, mut high) = ((best - 1.0 / f64::from(n)).max(0.0), (best + 1.0 / f64::from(n)).min(1.0));
    for _ in 0..200 {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if h(a) < h(b) { low = a } else { high = b }
    }
    // The maximum is flat: an error of the place by d costs d² of the value. One rounding upwards keeps it valid.
    h(0.5 * (low + high)).max(1.0) * (1.0 + 4.0 * f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn norms() -> impl Strategy<Value = Norm> {
        prop_oneof![Just(Norm::L1), Just(Norm::L2), Just(Norm::LInf), (1.2..6.0_f64).prop_map(Norm::Lp)]
    }

    proptest! {
        #[test]
        fn fenchel_young_with_equality_at_the_gradient(
            norm in norms(), c in 0.1..5.0_f64, r in 1.2..4.0_f64,
            s in prop::collection::vec(-2.0..2.0_f64, 4), u in prop::collection::vec(-2.0..2.0_f64, 4),
        ) {
            let potential = NormPower { c, r, norm };
            let value = |u: &[f64]| c / r * norm.of(u).powf(r);
            let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
            prop_assert!(value(&u) + potential.conjugate(&s) >= inner(&u, &s) - 1e-9);
            let at = potential.conjugate_gradient(&s);
            let both = value(&at) + potential.conjugate(&s);
            prop_assert!((both - inner(&at, &s)).abs() <= 1e-9 * (1.0 + both.abs()), "{both} {}", inner(&at, &s));
        }

        #[test]
        fn the_promise_is_largest_at_one_and_ends_at_the_largest_step(r in 1.05..3.0_f64, alpha in 0.01..4.0_f64) {
            let potential = NormPower { c: 1.0, r, norm: Norm::L2 };
            prop_assert!(potential.promise(alpha) <= 1.0 + 1e-9);
            let last = potential.largest_step();
            prop_assert!(potential.promise(last).abs() <= 1e-9 * last.powf(r) * potential.q());
        }
    }

    #[test]
    fn tight_constants_match_their_closed_forms() {
        // max h_{3/2} = 1.3066 and, by duality with min h_3 = 2 − √2 and min h_4 = 1/3, two exact values.
        assert!((tight_constant(1.5) - (2.0 - 2_f64.sqrt()).powf(-0.5)).abs() < 1e-10);
        assert!((tight_constant(4.0 / 3.0) - 3_f64.cbrt()).abs() < 1e-10);
        assert!((tight_constant(2.0) - 1.0).abs() < 1e-12);
        for r in [1.1, 1.3, 1.7, 1.9] {
            assert!(tight_constant(r) <= 2_f64.powf(2.0 - r));
        }
    }
}
