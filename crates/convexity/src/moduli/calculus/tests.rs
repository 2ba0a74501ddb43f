//! T2 by hand.

use super::*;
use ndarray::array;

#[test]
fn a_flat_map_leaves_no_convexity() {
    let flat = array![[1.0, 1.0], [2.0, 2.0]];
    let convex = Modulus::convex(1.0, 2.0, Norm::L2).unwrap();
    assert!(precompose(&convex, &flat, &Norm::L2).is_err());
    let smooth = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let (c, _, _) =
        precompose(&smooth, &flat, &Norm::L2).unwrap().as_norm_power().map(|(c, r, _)| (c, r, 0)).unwrap();
    assert!((c - 10.0).abs() < 1e-12 && c >= 10.0);
}

#[test]
fn constants_follow_the_exponent() {
    let quartic = Modulus::convex(0.5, 4.0, Norm::L2).unwrap().with_offset(0.3).unwrap();
    let stretched = precompose(&quartic, &array![[2.0, 0.0], [0.0, 3.0]], &Norm::L2).unwrap();
    let (c, r, _) = stretched.as_norm_power().unwrap();
    assert!((c - 0.5 * 16.0).abs() < 1e-11 && r.get() == 4.0 && stretched.offset() == 0.3);
    let twice = scale(2.0, &quartic).unwrap();
    assert_eq!((twice.as_norm_power().unwrap().0, twice.offset()), (1.0, 0.6));
    let total = sum(&quartic, &twice).unwrap();
    assert_eq!(total.as_norm_power().unwrap().0, 1.5);
    assert!((total.offset() - 0.9).abs() < 1e-15);
    assert!(sum(&quartic, &Modulus::smooth(0.5, 4.0, Norm::L2).unwrap()).is_err());
    assert!(sum(&quartic, &Modulus::convex(0.5, 2.0, Norm::L2).unwrap()).is_err());
    assert!(sum(&quartic, &Modulus::convex(0.5, 4.0, Norm::L1).unwrap()).is_err());
    assert!(scale(-1.0, &quartic).is_err());
}
