//! A quantity of one's own: the factor P of T13 for the first layer.
//!
//! The structural matrix is a sum over layers, and the term of a dense first layer is `(‖x‖² + 1) P P'`, with P the
//! Jacobian of the outputs in what that layer gives. No quantity of the library is P, but every backward pass meets it.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::sync::Arc;

use fenchel_tensor::{Quantity, Shape, Site, Sweep, TapeBuilder, TensorError};
use ndarray::{Array2, Axis, array};

/// P of every sample.
struct FirstLayer(Vec<Array2<f64>>);

impl Quantity<f64> for FirstLayer {
    fn site(&mut self, site: Site<'_, f64>) {
        if site.layer() == 0 {
            self.0.push(site.cotangents());
        }
    }
}

fn main() -> Result<(), TensorError> {
    let mut net = TapeBuilder::new(Shape::vector(2));
    let h = net.dense("hidden", net.input(), 3)?;
    let h = net.relu(h);
    let y = net.dense("head", h, 2)?;
    let tape = Arc::new(net.finish(y)?);
    let parameters: Vec<f64> = (0..tape.parameters().len()).map(|i| (i as f64 * 0.7).sin()).collect();
    let inputs = array![[1.0, 2.0], [-0.5, 1.5]];
    let mut sweep = Sweep::new(tape);
    let mut pass = sweep.forward(&parameters, inputs.view())?;
    let mut first = FirstLayer(Vec::new());
    pass.collect(&mut first);
    let terms = pass.structure_by_layer();
    for ((p, x), term) in first.0.iter().zip(inputs.rows()).zip(terms.index_axis(Axis(0), 0).outer_iter()) {
        let product = p.dot(&p.t()) * (x.dot(&x) + 1.0);
        println!(
            "P =\n{p}\n(‖x‖² + 1) P P' =\n{product}\nthe first layer's term of the structural matrix =\n{term}"
        );
        assert!((&product - &term).iter().all(|defect| defect.abs() < 1e-12));
    }
    Ok(())
}
