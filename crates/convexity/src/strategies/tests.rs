//! T1 to T5 and the losses' bounds as properties.

use super::*;
use crate::linear_algebra::{operator_gain, operator_norm};
use crate::moduli::{Modulus, Side};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Domain, Evaluate};
use crate::theorems::compatibility;
use crate::theorems::duality::dual_modulus;

/// Relative round-off of potentials in f64: roots, powers up to 10 and their conjugates.
const ROUND_OFF: f64 = 1e-11;

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn norms_obey_their_axioms_and_hoelder(norm in norms(3), u in vectors(3, 4.0), s in vectors(3, 4.0), a in -3.0..3.0_f64) {
        let (of_u, of_s) = (norm.value(&u)?, norm.value(&s)?);
        prop_assert!(norm.value(&(&u + &s).view())? <= (of_u + of_s) * (1.0 + ROUND_OFF));
        prop_assert!((norm.value(&(&u * a).view())? - a.abs() * of_u).abs() <= ROUND_OFF * a.abs() * of_u);
        prop_assert!(u.dot(&s).abs() <= of_u * norm.dual().value(&s)? * (1.0 + ROUND_OFF));
    }

    #[test]
    fn subgradients_of_norms_attain_them(norm in norms(3), u in vectors(3, 4.0), choice in vectors(3, 1.0)) {
        let s = norm.subgradient_choice(&u, &choice)?;
        let value = norm.value(&u)?;
        prop_assert!((u.dot(&s) - value).abs() <= ROUND_OFF * value);
        prop_assert!(norm.dual().value(&s)? <= 1.0 + ROUND_OFF);
    }

    #[test]
    fn t1_fenchel_young(psi in potentials(2), u in vectors(2, 2.0), s in vectors(2, 2.0)) {
        let dual = psi.conjugate()?;
        if let (Ok(a), Ok(b)) = (psi.value(&u), dual.value(&s)) {
            prop_assert!(a + b >= u.dot(&s) - ROUND_OFF * (a.min(1e9) + b.min(1e9) + u.dot(&s).abs()));
        }
        if let Ok(mut s) = psi.gradient(&u) {
            s *= 1.0 - 1e-14;
            let (a, b) = (psi.value(&u)?, dual.value_of(&s.to_vec()));
            prop_assert!((a + b - u.dot(&s)).abs() <= ROUND_OFF * (a + u.dot(&s).abs()) + 1e-300, "{} {} {}", a, b, u.dot(&s));
        }
    }

    #[test]
    fn t1_homogeneity(psi in norm_powers(3), u in vectors(3, 2.0)) {
        let (_, r, _) = psi.as_norm_power().expect("a norm power");
        let value = psi.value(&u)?;
        let s = psi.gradient(&u)?;
        prop_assert!((u.dot(&s) - r.get() * value).abs() <= ROUND_OFF * r.get() * value);
        let dual = psi.conjugate()?;
        let energy = dual.value(&u)?;
        let there = psi.value(&dual.gradient(&u)?)?;
        prop_assert!((there - (r.conjugate().get() - 1.0) * energy).abs() <= 10.0 * ROUND_OFF * there.max(1e-290));
    }

    #[test]
    fn t2_gains_bound_affine_maps(norm in norms(2), entries in prop::collection::vec(-2.0..2.0_f64, 6), u in vectors(2, 1.0)) {
        let a = Array2::from_shape_vec((3, 2), entries).expect("six entries");
        let of_u = norm.value(&u)?;
        prop_assume!(of_u > 0.0);
        for out in [Norm::L1, Norm::L2, Norm::LINF] {
            let gain = out.value(&a.dot(&u).view())? / of_u;
            if let (Ok(most), Ok(least)) = (operator_norm(&a, &out, &norm), operator_gain(&a, &out, &norm)) {
                prop_assert!(gain <= most * (1.0 + ROUND_OFF) && gain >= least * (1.0 - ROUND_OFF));
            }
        }
    }

    #[test]
    fn definitions_and_t4_hold_on_the_catalogue(entry in objectives(2), u in vectors(2, 3.0), v in vectors(2, 3.0)) {
        let function = entry.objective();
        let formula = function.enclosable().expect("a formula");
        let domain = function.domain();
        let lift = |x: &Array1<f64>| {
            let mut x = x.to_vec();
            if domain == Domain::Simplex {
                let sum: f64 = x.iter().map(|x| x.exp()).sum();
                x.iter_mut().for_each(|x| *x = x.exp() / sum);
            }
            let mut x: Vec<PreciseInterval> = x.into_iter().map(PreciseInterval::from_f64).collect();
            domain.snap(&mut x);
            x
        };
        let (u, v) = (lift(&u), lift(&v));
        let divergence = Evaluate::<PreciseInterval>::bregman_of(formula, &u, &v);
        let displacement: Vec<PreciseInterval> = u.iter().zip(&v).map(|(u, v)| u.clone() - v).collect();
        let mut gradient = vec![PreciseInterval::zero(); 2];
        Evaluate::<PreciseInterval>::gradient_of(formula, &v, &mut gradient);
        let value = Evaluate::<PreciseInterval>::value_of(formula, &v);
        for known in entry.constants() {
            let modulus = &known.modulus;
            let size = modulus.bound_of(&displacement).to_f64();
            prop_assert!(modulus.slack(divergence.clone(), &displacement).to_f64() >= -1e-60 * size, "{}", modulus);
            // T4, in the form with offsets; the dual's constant is rounded.
            if let Some((_, minimum)) = entry.minimum() {
                let gap = (value.clone() - minimum).to_f64();
                let energy = modulus.potential().conjugate()?.value_of(&gradient).to_f64();
                match modulus.side() {
                    Side::Smooth => prop_assert!(energy - modulus.offset() <= gap * (1.0 + 1e-13) + 1e-300),
                    Side::Convex => prop_assert!(gap <= (energy + modulus.offset()) * (1.0 + 1e-13) + 1e-300),
                }
            }
        }
    }

    #[test]
    fn t3_the_dual_of_the_dual_is_the_modulus(psi in norm_powers(3), smooth in prop::bool::ANY, offset in 0.0..2.0_f64) {
        let side = if smooth { Side::Smooth } else { Side::Convex };
        let modulus = Modulus::new(side, psi, offset)?;
        let dual = dual_modulus(&modulus)?;
        prop_assert!(dual.side() != side && dual.offset() == offset);
        prop_assert_eq!(dual_modulus(&dual)?, modulus);
    }

    #[test]
    fn t5_forbidden_exponents_are_refuted(entry in objectives(2), r in 1.05..1.7_f64, c in 0.3..3.0_f64) {
        let claim = Modulus::convex(c, r, Norm::L2)?;
        let report = compatibility::check(entry.objective(), &claim, &[0.7, 0.3], &[0.4, 0.6])?;
        prop_assert!(report.verdict().is_violated(), "{}", report.verdict());
        prop_assert!(!compatibility::compatible(r, 2.0, false));
    }

    #[test]
    fn losses_lie_between_their_bounds(loss in losses(), y in probabilities(4), f in vectors(4, 6.0)) {
        let mut e = Array1::zeros(4);
        let gap = loss.value_and_residual(&y, &f, &mut e)? - loss.infimum(&y);
        let t = e.dot(&e).sqrt();
        // Round-off of the residual: p - y cancels, and a power 1/(alpha - 1) <= 20 multiplies that of f.
        let error = 1e-13;
        let bounds = loss.bounds(&y)?;
        let (lower, upper) = (bounds.lower((t - error).max(0.0)), bounds.upper(t + error));
        prop_assert!(lower <= gap * (1.0 + 1e-12) && gap <= upper * (1.0 + 1e-12), "{} <= {} <= {}", lower, gap, upper);
        if loss.residual_sums_to_zero() {
            prop_assert!(e.sum().abs() <= 1e-14);
        }
    }
}
