//! What is refused: arrays of wrong sizes, empty batches, and networks that nothing could hold.

use std::sync::Arc;

use fenchel_tensor::{Conv2d, Engine, Pool2d, Shape, Sweep, Tape, TapeBuilder, TensorError};
use ndarray::Array2;

/// 23 parameters.
fn tape() -> Arc<Tape> {
    let mut net = TapeBuilder::new(Shape::vector(4));
    let x = net.input();
    let h = net.dense("hidden", x, 3).unwrap();
    let h = net.relu(h);
    let y = net.dense("head", h, 2).unwrap();
    Arc::new(net.finish(y).unwrap())
}

#[test]
fn a_gradient_of_the_wrong_length_is_an_error_for_any_number_of_rows() {
    let engine = Engine::<f64>::new(tape());
    let run = |parameters: usize, inputs: (usize, usize), gradient: usize| {
        let mut gradient = vec![f64::NAN; gradient];
        let done = engine.gradient_sum::<TensorError>(
            &vec![0.1; parameters],
            Array2::from_elem(inputs, 0.5).view(),
            &mut gradient,
            |_, _, mut u| {
                u.fill(1.0);
                Ok(())
            },
        );
        done.map(|()| gradient).map_err(|error| error.to_string())
    };
    for rows in [0, 1, 40, 300] {
        for length in [0, 1, 22, 24, 100] {
            let error = run(23, (rows, 4), length).unwrap_err();
            assert!(error.contains("`gradient`") && error.contains("[23]"), "{error}");
        }
        assert!(run(22, (rows, 4), 23).unwrap_err().contains("`parameters`"));
        assert!(run(23, (rows, 77), 23).unwrap_err().contains("`inputs`"));
        assert!(run(23, (rows, 4), 23).unwrap().iter().all(|g| g.is_finite()));
    }
}

#[test]
fn no_sample_is_an_error_of_a_sweep_and_nothing_for_an_engine() {
    let mut sweep = Sweep::<f64>::new(tape());
    let error = sweep.forward(&[0.0; 23], Array2::zeros((0, 4)).view()).unwrap_err().to_string();
    assert!(error.contains("at least one sample"), "{error}");
    let engine = Engine::<f64>::new(tape());
    assert_eq!(engine.structure(&[0.0; 23], Array2::zeros((0, 4)).view()).unwrap().dim(), (0, 2, 2));
    assert_eq!(engine.outputs(&[0.0; 23], Array2::zeros((0, 4)).view()).unwrap().dim(), (0, 2));
}

#[test]
fn sizes_that_wrap_or_cost_without_end_are_refused_with_the_layer_and_the_remedy() {
    const HUGE: usize = 1_000_000_000_000;
    let has = |result: Result<(), TensorError>, needles: &[&str]| {
        let error = result.unwrap_err().to_string();
        assert!(needles.iter().all(|needle| error.contains(needle)), "{error}");
    };
    let image = |record: &dyn Fn(&mut TapeBuilder) -> Result<(), TensorError>| {
        record(&mut TapeBuilder::new(Shape::image(2, 8, 8)))
    };
    let conv = |conv: Conv2d| {
        image(&|net| {
            let x = net.input();
            net.conv2d("conv", x, conv).map(drop)
        })
    };
    for padding in [HUGE, usize::MAX / 2, usize::MAX] {
        has(conv(Conv2d::new(3, 3).padded(padding)), &["`conv`", "padding", "2^32", "smaller"]);
    }
    for stride in [9, 12_000, HUGE, usize::MAX] {
        has(conv(Conv2d::new(3, 3).strided(stride)), &["`conv`", "stride", "at most 8"]);
    }
    for (channels, kernel) in [(HUGE, 3), (usize::MAX, 1)] {
        has(conv(Conv2d::new(channels, kernel)), &["`conv`", "weight", "2^32"]);
    }
    has(conv(Conv2d::new(1, HUGE)), &["`conv`", "weight"]);
    assert!(conv(Conv2d::new(3, 3).strided(8)).is_ok());
    for stride in [9, HUGE] {
        let pool = Pool2d::square(2).strided(stride);
        has(image(&|net| net.max_pool(net.input(), pool).map(drop)), &["max pool", "stride", "at most 8"]);
        has(image(&|net| net.average_pool(net.input(), pool).map(drop)), &["average pool", "stride"]);
    }
    let dense = |inputs: usize, outputs: usize| {
        let mut net = TapeBuilder::new(Shape::vector(inputs));
        let y = net.dense("wide", net.input(), outputs)?;
        net.finish(y).map(drop)
    };
    has(dense(1 << 30, 1 << 40), &["`wide`", "2^32"]);
    has(dense(1 << 31, 1 << 33), &["`wide`", "2^32"]);
    has(dense(1 << 33, 1), &["`input`", "2^32"]);
    has(dense(0, 1), &["`input`", "at least 1"]);
    let mut net = TapeBuilder::new(Shape::image((1 << 32) + 1, 1 << 32, 1));
    has(net.conv2d("conv", net.input(), Conv2d::new(1, 1)).map(drop), &["`input`", "2^32"]);
    assert_eq!(Shape::image((1 << 32) + 1, 1 << 32, 1).len(), usize::MAX);
}
