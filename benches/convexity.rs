//! Conjugate potentials, Bregman divergences, and the falsifier, in dimensions 2, 20 and 1000.
//!
//! The falsifier's throughput is in evaluations per second (a gradient of the violation counts as three), on one thread and on two.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fenchel_benches::pool;
use fenchel_convexity::ConvexityError;
use fenchel_convexity::catalogue::{LogCosh, LogSumExp, Quadratic, Separable};
use fenchel_convexity::claims::Claim;
use fenchel_convexity::moduli::Modulus;
use fenchel_convexity::norms::Norm;
use fenchel_convexity::objectives::Objective;
use fenchel_convexity::potentials::Potential;
use fenchel_convexity::search::SearchConfig;
use ndarray::Array1;

const DIMENSIONS: [usize; 3] = [2, 20, 1000];

/// Evaluations of one timed search: some rounds in every dimension.
const BUDGET: u64 = 20_000;

/// A vector without symmetries.
fn vector(m: usize, phase: f64) -> Array1<f64> {
    Array1::from_shape_fn(m, |i| (1.7 * i as f64 + phase).sin())
}

fn conjugates(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("conjugate potential and its gradient");
    let potentials = || -> Result<[(&str, Potential); 4], ConvexityError> {
        Ok([
            ("N(2, 3, l_2)", Potential::norm_power(2.0, 3.0, Norm::L2)?),
            ("N(1, 2, l_inf)", Potential::norm_power(1.0, 2.0, Norm::LINF)?),
            ("N(1, 1.5, l_3)", Potential::norm_power(1.0, 1.5, Norm::lp(3.0)?)?),
            ("cosh - 1", Potential::hyperbolic_cosine(Norm::L2)),
        ])
    };
    for (name, psi) in potentials().expect("sound constants") {
        let dual = psi.conjugate().expect("a conjugate within f64");
        for m in DIMENSIONS {
            let s = vector(m, 0.3);
            group.throughput(Throughput::Elements(m as u64));
            group.bench_function(BenchmarkId::new(name, m), |bencher| {
                bencher.iter(|| {
                    black_box(dual.gradient(black_box(&s)).expect("a finite point"));
                    dual.value(black_box(&s)).expect("a finite point")
                });
            });
        }
    }
}

/// A name, a function and a modulus that it has.
type Case = (&'static str, Box<dyn Objective>, Modulus);

fn functions(m: usize) -> Result<[Case; 3], ConvexityError> {
    let diagonal: Vec<f64> = (0..m).map(|i| 0.5 + 2.5 * i as f64 / m as f64).collect();
    let most = diagonal[m - 1];
    Ok([
        ("log-sum-exp", Box::new(LogSumExp::new(m)?), Modulus::smooth(0.5, 2.0, Norm::L2)?),
        ("log cosh", Box::new(Separable::new(LogCosh, m)?), Modulus::smooth(1.0, 2.0, Norm::L2)?),
        ("x'Qx/2", Box::new(Quadratic::diagonal(&diagonal)?), Modulus::smooth(most, 2.0, Norm::L2)?),
    ])
}

fn divergences(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("Bregman divergence");
    for m in DIMENSIONS {
        let (u, v) = (vector(m, 0.3), vector(m, 1.1));
        group.throughput(Throughput::Elements(m as u64));
        for (name, function, _) in functions(m).expect("sound dimensions") {
            group.bench_function(BenchmarkId::new(name, m), |bencher| {
                bencher.iter(|| function.bregman(black_box(&u), black_box(&v)).expect("finite points"));
            });
        }
    }
}

fn falsifier(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("falsifier, evaluations");
    group.sample_size(10);
    for m in DIMENSIONS {
        for (name, function, modulus) in functions(m).expect("sound dimensions") {
            // The quadratic is a dense matrix: in dimension 1000 it would time nothing but its products.
            if name == "x'Qx/2" && m == 1000 {
                continue;
            }
            let claim = Claim::new(&*function, modulus).expect("one dimension");
            let config = SearchConfig { budget: BUDGET, ..SearchConfig::default() };
            let spent = claim.falsify(&config).expect("a positive budget").evaluations;
            group.throughput(Throughput::Elements(spent));
            for threads in [1, 2] {
                let pool = pool(threads);
                group.bench_function(BenchmarkId::new(name, format!("{m}, {threads} threads")), |bencher| {
                    pool.install(|| {
                        bencher.iter(|| black_box(&claim).falsify(&config).expect("a positive budget"));
                    });
                });
            }
        }
    }
}

criterion_group!(convexity_benches, conjugates, divergences, falsifier);
criterion_main!(convexity_benches);
