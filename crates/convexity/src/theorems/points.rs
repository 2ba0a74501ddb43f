//! Points of every size and shape at which an inequality of one vector is examined.

use crate::objectives::{Domain, Kink};
use fenchel_random::Seed;

/// The point with this index: a normal-like direction, a coordinate, a sign pattern or a pair of
/// coordinates, of a size from 1e-4 to 1e4; some at a kink, all in the domain.
pub(super) fn point(seed: Seed, index: u64, m: usize, domain: &Domain, kinks: &[Kink]) -> Vec<f64> {
    let mut stream = seed.index(index).stream();
    let size = 10f64.powf(stream.random_range(-4.0..4.0));
    let mut x = vec![0.0; m];
    match index % 4 {
        0 => x[stream.random_range(0..m)] = if stream.random() { size } else { -size },
        1 => x.iter_mut().for_each(|x| *x = if stream.random() { size } else { -size }),
        2 => {
            let (i, j) = (stream.random_range(0..m), stream.random_range(0..m));
            x[i] += size;
            x[j] -= size * stream.random_range(0.0..2.0);
        }
        // A sum of four uniform numbers is near enough to a normal one.
        _ => {
            x.iter_mut()
                .for_each(|x| *x = size * (0..4).map(|_| stream.random_range(-1.0..1.0)).sum::<f64>());
        }
    }
    if !kinks.is_empty() && stream.random_range(0..4) == 0 {
        kinks[stream.random_range(0..kinks.len())].project(&mut x);
    }
    if *domain == Domain::Simplex {
        // The interior of the simplex, where subgradients exist.
        let most = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        x.iter_mut().for_each(|x| *x = (*x - most).max(-30.0).exp());
        let sum: f64 = x.iter().sum();
        x.iter_mut().for_each(|x| *x /= sum);
    } else {
        domain.project(&mut x);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: u64 = 4000;

    fn points(m: usize, domain: &Domain, kinks: &[Kink]) -> impl Iterator<Item = (u64, Vec<f64>)> {
        (0..COUNT).map(move |index| (index, point(Seed::new(7), index, m, domain, kinks)))
    }

    #[test]
    fn points_have_four_shapes_and_every_size() {
        let (mut least, mut most, mut ratio_least, mut ratio_most) =
            (f64::INFINITY, 0.0_f64, 2.0_f64, 0.0_f64);
        // Where an entry was seen: alone, the positive one of a pair, the negative one; and signs of the
        // first two shapes.
        let (mut places, mut signs, mut square) = ([[false; 5]; 3], [[false; 2]; 2], 0.0);
        for (index, x) in points(5, &Domain::Whole, &[]) {
            let size = x.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
            let support: Vec<usize> = (0..5).filter(|&i| x[i] != 0.0).collect();
            match index % 4 {
                0 => {
                    assert_eq!(support.len(), 1);
                    places[0][support[0]] = true;
                    signs[0][usize::from(x[support[0]] < 0.0)] = true;
                    (least, most) = (least.min(size), most.max(size));
                }
                1 => {
                    assert!(x.iter().all(|x| x.abs() == size));
                    signs[1][usize::from(x[0] < 0.0)] = true;
                }
                2 if support.len() == 2 => {
                    let (up, down) =
                        (x.iter().copied().fold(0.0, f64::max), x.iter().copied().fold(0.0, f64::min));
                    support.iter().for_each(|&i| places[if x[i] > 0.0 { 1 } else { 2 }][i] = true);
                    let ratio = -down / up;
                    (ratio_least, ratio_most) = (ratio_least.min(ratio), ratio_most.max(ratio));
                }
                2 => assert_eq!(support.len(), 1),
                _ => {
                    // The first draw is the logarithm of the size; four uniform numbers have the variance
                    // 4/3.
                    let size = 10f64.powf(Seed::new(7).index(index).stream().random_range(-4.0..4.0));
                    assert!(x.iter().all(|x| x.abs() < 4.0 * size));
                    square += x.iter().map(|x| (x / size) * (x / size)).sum::<f64>() / (5 * COUNT / 4) as f64;
                }
            }
        }
        assert!(least > 1e-4 && least < 1.1e-4 && most > 0.9e4 && most < 1e4, "{least} {most}");
        assert!(places == [[true; 5]; 3] && signs == [[true; 2]; 2]);
        assert!(ratio_least < 0.01 && ratio_most > 1.98 && ratio_most < 2.0, "{ratio_least} {ratio_most}");
        assert!((square - 4.0 / 3.0).abs() < 0.06, "{square}");
    }

    #[test]
    fn a_quarter_of_the_points_stand_on_a_kink() {
        let kinks = [Kink::coordinate(2, 0, 0.3), Kink::coordinate(2, 1, -0.7)];
        let mut counts = [0.0; 2];
        for (_, x) in points(2, &Domain::Whole, &kinks) {
            counts[0] += f64::from(u8::from(x[0] == 0.3));
            counts[1] += f64::from(u8::from(x[1] == -0.7));
        }
        assert!(counts.iter().all(|count| (count / COUNT as f64 - 0.125).abs() < 0.02), "{counts:?}");
    }

    #[test]
    fn points_of_a_domain_lie_in_it() {
        let mut widest: f64 = 0.0;
        for (_, x) in points(3, &Domain::Simplex, &[]) {
            assert!((x.iter().sum::<f64>() - 1.0).abs() < 1e-15 && x.iter().all(|x| *x > 0.0));
            let most = x.iter().copied().fold(0.0, f64::max);
            widest = widest.max((most / x.iter().copied().fold(1.0, f64::min)).ln());
        }
        // The least entry is e^30 times smaller than the largest at most.
        assert!((widest - 30.0).abs() < 1e-9, "{widest}");
        let unit = Domain::Box { lower: vec![-0.5; 3], upper: vec![1.0; 3] };
        assert!(points(3, &unit, &[]).all(|(_, x)| unit.contains(&x)));
    }
}
