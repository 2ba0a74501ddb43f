//! The changes of small texts, kind by kind, and the places that are left alone.

use super::{find, reduced};
use crate::kinds::Kind;
use crate::knowledge::Knowledge;
use crate::weave::weave;
use std::collections::HashSet;
use std::path::Path;

/// The changes of a kind in a text, in its order. Whatever is woven must parse.
fn changes(text: &str, kind: Kind) -> Vec<String> {
    let file = syn::parse_file(text).unwrap();
    let knowledge = Knowledge::of(std::iter::once((Path::new("verdict.rs"), &file)));
    let sites = find(text, &file, &knowledge);
    let woven = weave(text, &sites, 0, &HashSet::new()).text;
    syn::parse_file(&woven).unwrap_or_else(|error| panic!("{error}: {woven}"));
    let mutants = sites.iter().flat_map(|site| &site.mutants).filter(|mutant| mutant.kind == kind);
    mutants.map(|mutant| format!("{} => {}", mutant.expression, reduced(&mutant.replacement))).collect()
}

/// The changes of a kind in one expression.
fn of(expression: &str, kind: Kind) -> Vec<String> {
    changes(&format!("fn f() {{ let it = {expression}; }}"), kind)
}

#[test]
fn operators_and_signs() {
    assert_eq!(of("a + b * c", Kind::Signs), ["a + b * c => a - (b * c)", "b * c => b / c"]);
    assert_eq!(
        of("(a - b) / -c", Kind::Signs),
        ["(a - b) / -c => (a - b) * (-c)", "a - b => a + b", "-c => -(-c)"]
    );
    assert_eq!(of("x.abs()", Kind::Signs), ["x.abs() => x.clone()"]);
    assert_eq!(of("(a + b).abs()", Kind::Signs), ["(a + b).abs() => (a + b).clone()", "a + b => a - b"]);
    assert_eq!(
        changes("fn f() { a[0] += b; c /= d }", Kind::Signs),
        ["a[0] += b => a[0] -= b", "c /= d => c *= d"]
    );
    // Another operator must not bind otherwise.
    assert_eq!(of("a as usize >= b", Kind::Comparisons)[1], "a as usize >= b => (a as usize) < b");
}

#[test]
fn constants() {
    assert_eq!(of("0.5", Kind::Constants), ["0.5 => 1.01 * 0.5", "0.5 => 0.5 + 1.0"]);
    assert_eq!(of("10f64", Kind::Constants), ["10f64 => 1.01 * 10f64", "10f64 => 10f64 + 1.0"]);
    assert_eq!(of("0.0", Kind::Constants), ["0.0 => 0.0 + 0.01"]);
    assert_eq!(of("1e6", Kind::Constants), ["1e6 => 1.01 * 1e6"]);
    assert_eq!(of("a[1]", Kind::Constants), ["1 => 2", "1 => 0"]);
    assert_eq!(of("0_usize", Kind::Constants), ["0_usize => 1usize"]);
    assert_eq!(of("vec![0.0; n + 1]", Kind::Constants).len(), 3);
    assert_eq!(of("vec![0.0, g(2)]", Kind::Constants).len(), 3);
    let text = "const HALF: f64 = 0.5; const MOST: usize = 3; fn f() { g(HALF, MOST) }";
    assert_eq!(
        changes(text, Kind::Constants),
        ["HALF => 1.01 * HALF", "HALF => HALF + 1.0", "MOST => MOST + 1", "MOST => MOST - 1"]
    );
}

#[test]
fn exponents_and_functions() {
    assert_eq!(of("x.powi(2)", Kind::Exponents), ["2 => 3", "2 => 1"]);
    assert_eq!(of("x.powf(p)", Kind::Exponents), ["p => 1.01 * p"]);
    assert_eq!(of("x.powi(k - j)", Kind::Exponents), ["k - j => (k - j) + 1"]);
    assert_eq!(of("x.powf(1.0 / p)", Kind::Exponents).len(), 3);
    assert_eq!(of("x.sqrt()", Kind::Exponents), ["x.sqrt() => x.clone()"]);
    assert_eq!(of("x.exp_m1() + y.ln()", Kind::Exponents), ["x.exp_m1() => x.exp()", "y.ln() => y.ln_1p()"]);
    assert!(of("x.powi(2)", Kind::Constants).is_empty());
}

#[test]
fn extremes_and_ends() {
    assert_eq!(of("a.max(b)", Kind::Extremes), ["a.max(b) => a.min(b)"]);
    assert_eq!(
        of("it.fold(f64::NEG_INFINITY, f64::max)", Kind::Extremes),
        ["f64::NEG_INFINITY => f64::INFINITY", "f64::max => f64::min"]
    );
    assert_eq!(of("0..n", Kind::Extremes), ["n => n + 1"]);
    assert_eq!(of("1..=n", Kind::Extremes), ["n => n - 1"]);
    assert_eq!(
        of("x.lo() + y.next_up()", Kind::Extremes),
        ["x.lo() => x.hi()", "y.next_up() => y.next_down()"]
    );
}

#[test]
fn comparisons_and_logic() {
    assert_eq!(of("a < b", Kind::Comparisons), ["a < b => a <= b", "a < b => a >= b"]);
    assert_eq!(of("a >= b", Kind::Comparisons), ["a >= b => a > b", "a >= b => a < b"]);
    assert_eq!(of("a != b", Kind::Comparisons), ["a != b => a == b"]);
    assert_eq!(of("a < b && !c", Kind::Logic), ["a < b && !c => (a < b) || (!c)", "!c => !(!c)"]);
    assert_eq!(
        of("it.any(|x| true)", Kind::Logic),
        ["it.any(|x| true) => it.all(|x| true)", "true => false"]
    );
    assert_eq!(changes("fn f() { if x.is_nan() { g() } }", Kind::Logic), ["x.is_nan() => !x.is_nan()"]);
    assert_eq!(
        changes("fn f() { match x { Some(y) if g(y) => 1, _ => 2 } }", Kind::Logic),
        ["g(y) => !g(y)"]
    );
    // A chain with `let` stays a chain; its other conditions are changed.
    let chain = "fn f() { if let Some(x) = y && a < b { g() } }";
    assert!(changes(chain, Kind::Logic).is_empty());
    assert_eq!(changes(chain, Kind::Comparisons).len(), 2);
}

#[test]
fn hypotheses() {
    let text = r#"
        pub struct Hypothesis;
        fn above(x: f64) -> Hypothesis { Hypothesis::measured("above", x, 0.0) }
        fn found(x: f64) -> Result<Hypothesis, Error> { Ok(above(x)) }
        fn all() -> Result<Vec<Hypothesis>, Error> {
            let mut all = vec![above(1.0), found(2.0)?];
            all.push(if a { Hypothesis::assumed("b") } else { Hypothesis::known("b") });
            Ok(all)
        }
    "#;
    let met = "crate::verdict::Hypothesis::known(\"of a mutant\")";
    let expected = [
        "Hypothesis::measured(\"above\", x, 0.0)",
        "above(x)",
        "above(1.0)",
        "found(2.0)?",
        "Hypothesis::assumed(\"b\")",
    ];
    assert_eq!(changes(text, Kind::Hypotheses), expected.map(|from| format!("{from} => {met}")));
}

#[test]
fn checks() {
    let text = r#"
        fn f(&self) -> Result<(), Error> {
            require_positive("x", x)?;
            self.domain.check(x)?;
            let y = g(x)?;
            if y < x { return Err(e); }
            if y > x { h(); }
            for z in y { if z { continue; } }
            require_range("y", y)
        }
    "#;
    assert_eq!(
        changes(text, Kind::Checks),
        [
            "require_positive(\"x\", x)?; => ",
            "self.domain.check(x)?; => ",
            "if y < x { return Err(e); } => ",
            "if z { continue; } => ",
            "require_range(\"y\", y) => Ok(())",
        ]
    );
}

#[test]
fn allowances() {
    assert_eq!(of("8.0 * f64::EPSILON", Kind::Allowances), ["f64::EPSILON => f64::EPSILON * 1e6"]);
    assert_eq!(of("1e-12", Kind::Allowances), ["1e-12 => 1e-12 * 1e6"]);
    assert!(of("1e-12", Kind::Constants).is_empty());
    let text = "const WIDEN: f64 = 8.0 * f64::EPSILON; const SUM_TOLERANCE: f64 = 0.1; \
                fn f() { WIDEN + SUM_TOLERANCE }";
    assert_eq!(
        changes(text, Kind::Allowances),
        ["WIDEN => WIDEN * 1e6", "SUM_TOLERANCE => SUM_TOLERANCE * 1e6"]
    );
}

#[test]
fn what_the_compiler_must_know_and_what_tests_say_is_left_alone() {
    let text = r#"
        //! 1 + 1.
        const A: f64 = 0.5 + 0.5;
        static B: [f64; 1 + 1] = [-1.0; 2];
        struct C<const N: usize = 3>;
        enum D { E = 1 + 1 }
        impl C { const F: f64 = 1.0 + 1.0; const fn g() -> f64 { 1.0 - 2.0 } }
        #[doc = "1 + 1"]
        fn h(x: [f64; 2]) -> C<{ 1 + 1 }> {
            const I: u8 = 1 + 1;
            let [y, ..]: [f64; 2] = x;
            let z = [y; 4];
            match y { 1.0 | -1.0 => {} 2.0..=3.0 => {} _ => {} }
            let w = const { 1 + 1 };
            println!("{}", 1 + 1);
            assert!(y < 2.0 && true);
            z.map::<C<{ 1 + 1 }>>(w)
        }
        #[cfg(test)] mod tests { fn i() { 1 + 1 } }
        #[cfg(test)] fn j() { 1 + 1 }
        #[cfg(test)] impl C { fn k() { 1 + 1 } }
        #[test] fn l() { 1 + 1 }
        #[cfg(any(test, feature = "m"))] fn n() { 1 + 1 }
    "#;
    for kind in Kind::ALL {
        assert_eq!(changes(text, kind), Vec::<String>::new());
    }
}

#[test]
fn a_mutant_is_named_by_its_function_and_counted_among_its_like() {
    let text = "impl<'a> Loss for Run<'a> { fn f(&self) { 1.0; 1.0 } }\nmod m { fn f() { 1.0 } }";
    let file = syn::parse_file(text).unwrap();
    let sites = find(text, &file, &Knowledge::default());
    let names =
        sites.iter().flat_map(|site| &site.mutants).map(|m| format!("{} {} {}", m.function, m.nth, m.line));
    let expected = [
        "<Run<'a> as Loss>::f 1 1",
        "<Run<'a> as Loss>::f 1 1",
        "<Run<'a> as Loss>::f 2 1",
        "<Run<'a> as Loss>::f 2 1",
        "m::f 1 2",
        "m::f 1 2",
    ];
    assert_eq!(names.collect::<Vec<_>>(), expected);
}
