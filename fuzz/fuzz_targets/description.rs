//! Model descriptions in TOML: what is read survives being written, and a network that is built has the table, the
//! parameters and the outputs that it says it has. Small ones are run.

#![no_main]

use std::sync::Arc;

use fenchel_nn::description::{Description, DescriptionError, Row, table};
use fenchel_nn::{Initialiser, weights};
use fenchel_tensor::{Shape, Sweep, Tape};
use ndarray::Array2;

/// The most numbers, of parameters and values together, of a network that is run.
const SMALL: usize = 20_000;

/// What a network may hold while it is built: for what layers hold fixed, 2^24 numbers in several forms.
const MOST: usize = 1 << 30;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let read = fenchel_fuzz::within((1 << 17) + 512 * text.len(), || Description::from_toml(text, "text"));
    let description = match read {
        Ok(description) => description,
        Err(DescriptionError::Text { line, .. }) => {
            assert!(line >= 1 && line <= text.matches('\n').count() + 1);
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let written = description.to_toml();
    assert_eq!(Description::from_toml(&written, "written").as_ref(), Ok(&description), "{written}");
    match fenchel_fuzz::within(MOST, || description.build()) {
        Ok((tape, rows)) => check(&tape, &rows),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

fn check(tape: &Arc<Tape>, rows: &[Row]) {
    let layout = tape.parameters();
    assert_eq!(rows[0].shape, tape.input_shape());
    assert_eq!(rows.last().map(|row| row.shape), Some(Shape::vector(tape.outputs())));
    assert_eq!(rows.iter().map(|row| row.parameters).sum::<usize>(), layout.len());
    assert!(table(rows).lines().count() >= rows.len() + 2);
    let mut end = 0;
    for slot in layout.slots() {
        assert_eq!(slot.range.start, end, "{}", slot.name);
        assert_eq!(slot.range.len(), slot.shape.iter().product::<usize>(), "{}", slot.name);
        end = slot.range.end;
    }
    assert_eq!(end, layout.len());
    let values = rows.iter().fold(0_usize, |sum, row| sum.saturating_add(row.shape.len()));
    if values.saturating_add(layout.len()) <= SMALL {
        run(tape);
    }
}

/// Draws parameters, stores them, reads them back, and differentiates the outputs at two samples.
fn run(tape: &Arc<Tape>) {
    let Ok(parameters) = Initialiser::Kaiming.draw(tape, fenchel_random::Seed::new(0)) else { return };
    let path = fenchel_fuzz::directory().join("network.safetensors");
    weights::write(&path, tape, &parameters).expect("a network that is built can be stored");
    assert_eq!(weights::read::<f64>(&path, tape).expect("and read"), parameters);
    let mut sweep = Sweep::new(Arc::clone(tape));
    let inputs = Array2::from_elem((2, tape.input_shape().len()), 0.0);
    let Ok(mut pass) = sweep.forward(&parameters, inputs.view()) else { return };
    assert_eq!(pass.outputs().dim(), (2, tape.outputs()));
    let mut gradient = vec![0.0; parameters.len()];
    let ones = Array2::ones((2, tape.outputs()));
    let _ = pass.gradient_sum(ones.view(), &mut gradient);
}
