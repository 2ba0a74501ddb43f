//! T14 against numbers computed by hand.

use crate::error::ConvexityError;
use crate::losses::{Bounds, Loss, NormPowerLoss, SquaredError};
use crate::moduli::Modulus;
use crate::theorems::by_hand::{assert_report, measured_hypothesis};
use crate::theorems::tangent_kernel_pl;
use crate::theorems::tangent_kernel_pl::DataSet;
use crate::verdict::{Report, Verdict};
use ndarray::{ArrayRef1, array};

/// Half the width of the enclosure of a violation.
fn half_width(report: &Report) -> f64 {
    let Verdict::Violated { certificate, .. } = &report.inequality else { panic!("{}", report.inequality) };
    let (lower, upper) = certificate.enclosure();
    (upper - lower) / 2.0
}

/// The squared error above a floor of 1/4.
#[derive(Debug)]
struct Raised;

impl Loss for Raised {
    fn name(&self) -> String {
        "raised squared error".into()
    }

    fn require_target(&self, target: &ArrayRef1<f64>) -> Result<(), ConvexityError> {
        SquaredError.require_target(target)
    }

    fn evaluate(
        &self,
        target: &ArrayRef1<f64>,
        output: &ArrayRef1<f64>,
        residual: Option<&mut ArrayRef1<f64>>,
    ) -> f64 {
        SquaredError.evaluate(target, output, residual) + 0.25
    }

    fn infimum(&self, _: &ArrayRef1<f64>) -> f64 {
        0.25
    }

    fn bounds(&self, target: &ArrayRef1<f64>) -> Result<Bounds, ConvexityError> {
        SquaredError.bounds(target)
    }

    fn residual_sums_to_zero(&self) -> bool {
        false
    }

    fn moduli(&self, dimension: usize) -> Result<Vec<Modulus>, ConvexityError> {
        SquaredError.moduli(dimension)
    }
}

#[test]
fn forward_errors_are_confirmed() {
    // One sample of two outputs: K has the eigenvalues (14.25 -+ sqrt 34.0625)/2.
    let set = DataSet {
        jacobian: array![[2.0, 1.0], [-0.5, 3.0]],
        targets: array![[0.3, -1.0]],
        outputs: array![[1.1, 0.4]],
    };
    let gradient = [2.0 * 0.8 - 0.5 * 1.4, 0.8 + 3.0 * 1.4];
    let (root, units) = (34.0625_f64.sqrt(), 68.0 * f64::EPSILON);
    let (least, most) = ((14.25 - root) / 2.0, (14.25 + root) / 2.0);
    let (gap, bound) = (1.3, (gradient[0] * gradient[0] + gradient[1] * gradient[1]) / (60.0 * least));
    let report = tangent_kernel_pl::check(&set, &SquaredError, 30.0).unwrap();
    assert_report(&report, gap, bound, bound - gap, gap + bound);
    // lambda_min off by 2 (2 + 32) units of lambda_max moves the bound by its share; 1e-12 of both sides
    // is granted to the losses.
    let expected = bound * units * most / least + 1e-12 * (gap + bound);
    let measured = half_width(&report);
    assert!(measured > 0.99 * expected && measured < 1.05 * expected, "{measured} {expected}");
}

#[test]
fn gaps_start_at_the_infimum() {
    // One sample and K = 1.5^2: equality.
    let set = DataSet { jacobian: array![[1.5]], targets: array![[0.2]], outputs: array![[1.1]] };
    let report = tangent_kernel_pl::check(&set, &Raised, 1.0).unwrap();
    assert_report(&report, 0.405, 0.405, 0.0, 0.81);
}

#[test]
fn two_samples_of_one_output() {
    let set = DataSet {
        jacobian: array![[2.0, 1.0], [-0.5, 3.0]],
        targets: array![[0.3], [-1.0]],
        outputs: array![[1.1], [0.4]],
    };
    let (e, f) = (1.1 - 0.3, 0.4 + 1.0);
    let risk = (e * e + f * f) / 4.0;
    let gradient = [(2.0 * e - 0.5 * f) / 2.0, (e + 3.0 * f) / 2.0];
    // K = [[5, 2], [2, 9.25]].
    let (trace, determinant) = (14.25_f64, 5.0 * 9.25 - 4.0);
    let least = (trace - (trace * trace - 4.0 * determinant).sqrt()) / 2.0;
    for c in [0.8, 30.0] {
        let bound = 2.0 * (gradient[0] * gradient[0] + gradient[1] * gradient[1]) / (2.0 * c * least);
        let report = tangent_kernel_pl::check(&set, &SquaredError, c).unwrap();
        assert_report(&report, risk, bound, bound - risk, risk + bound);
        assert_eq!(report.inequality.is_violated(), c > 1.0);
        let (residual, tolerance) = measured_hypothesis(&report, "c is at most");
        assert!((residual - (c - 1.0)).abs() < 1e-15 && tolerance == 10.0 * f64::EPSILON * c);
        let (residual, tolerance) = measured_hypothesis(&report, "lambda_min");
        assert!((residual + least).abs() < 1e-12 && tolerance == 0.0);
    }
    // The constant of another loss, in the same norm: 0.7 ||f - y||^2 / 2, gap and residuals 0.7 times.
    let loss = NormPowerLoss::new(0.7, 2.0).unwrap();
    let report = tangent_kernel_pl::check(&set, &loss, 0.5).unwrap();
    let bound = 0.49 * 2.0 * (gradient[0] * gradient[0] + gradient[1] * gradient[1]) / least;
    assert_report(&report, 0.7 * risk, bound, bound - 0.7 * risk, 0.7 * risk + bound);
    assert!((measured_hypothesis(&report, "c is at most").0 + 0.2).abs() < 1e-14);
    // A cubic loss is convex with another exponent: no constant for r = 2.
    let cubic = tangent_kernel_pl::check(&set, &NormPowerLoss::new(0.7, 3.0).unwrap(), 0.5).unwrap();
    assert_eq!(measured_hypothesis(&cubic, "c is at most").0, 0.5);
    let flat = DataSet { jacobian: array![[2.0, 1.0], [4.0, 2.0]], ..set };
    let report = tangent_kernel_pl::check(&flat, &SquaredError, 0.8).unwrap();
    assert!(report.inequality.is_undecided());
    assert_eq!((report.bound, report.slack), (f64::INFINITY, f64::INFINITY));
    assert!(measured_hypothesis(&report, "lambda_min").0 >= 0.0);
}
