//! A low-discrepancy sequence in the unit cube, and normal numbers from it.

/// The additive sequence of Roberts (2018): multiples of the powers of 1/phi_d, where phi_d is the positive root
/// of x^(d+1) = x + 1, shifted at random. Any dimension, any length, points computable in any order.
#[derive(Clone, Debug)]
pub(super) struct LowDiscrepancy {
    steps: Vec<f64>,
    shift: Vec<f64>,
}

impl LowDiscrepancy {
    /// The sequence in as many dimensions as the shift has.
    pub(super) fn new(shift: Vec<f64>) -> Self {
        let d = shift.len() as f64;
        let mut root = 1.5_f64;
        for _ in 0..64 {
            root = (1.0 + root).powf(1.0 / (d + 1.0));
        }
        let steps = (1..=shift.len()).map(|i| root.powi(-(i as i32)).fract()).collect();
        Self { steps, shift }
    }

    /// The coordinates of the point with this index, each in [0, 1).
    pub(super) fn point(&self, index: u64) -> Vec<f64> {
        let n = index as f64;
        self.steps.iter().zip(&self.shift).map(|(step, shift)| (shift + n * step).fract()).collect()
    }
}

/// The normal quantile, by the rational approximation of Acklam (relative error 1e-9: ample for a start point).
pub(super) fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] =
        [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416];
    let horner = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    let p = p.clamp(1e-12, 1.0 - 1e-12);
    if p < 0.024_25 {
        let q = (-2.0 * p.ln()).sqrt();
        horner(&C, q) / (horner(&D, q) * q + 1.0)
    } else if p > 1.0 - 0.024_25 {
        -normal_quantile(1.0 - p)
    } else {
        let q = p - 0.5;
        let r = q * q;
        horner(&A, r) * q / (horner(&B, r) * r + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_the_normal_law() {
        for (p, z) in [
            (0.5, 0.0),
            (0.841_344_746_068_543, 1.0),
            (0.977_249_868_051_821, 2.0),
            (0.001, -3.090_232_306_167_813),
        ] {
            assert!((normal_quantile(p) - z).abs() < 1e-7, "{p}");
        }
    }

    /// Every one of 8 x 8 boxes gets its share, which independent points would miss by far more.
    #[test]
    fn points_are_spread_evenly() {
        let sequence = LowDiscrepancy::new(vec![0.3, 0.9]);
        let mut counts = [0_i32; 64];
        for i in 0..6400 {
            let p = sequence.point(i);
            counts[(p[0] * 8.0) as usize * 8 + (p[1] * 8.0) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (count - 100).abs() <= 6), "{counts:?}");
    }
}
