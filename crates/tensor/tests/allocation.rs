//! A steady training step makes no buffer: those of the first steps are used again.
//!
//! The back ends of the matrix product keep books of some kilobytes a product (with AVX-512), which are theirs; so only
//! allocations of [`BUFFER`] bytes or more count, which is less than any value or cotangent of the images below.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fenchel_tensor::layers::AnyLayer;
use fenchel_tensor::{Conv2d, Engine, Pool2d, Shape, TapeBuilder, TensorError};
use ndarray::Array2;

/// What counts as a buffer.
const BUFFER: usize = 8192;

/// The system's allocator, counting.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: that of the trait: a layout of non-zero size.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: that of the trait: a pointer from here, with its layout.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    // SAFETY: that of the trait: a pointer from here, with its layout, and a size that is not zero.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

fn count(size: usize) {
    if size >= BUFFER {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// A network of convolutions and dense layers with a skip connection and a stride, and between them one example of a
/// layer: of an image, or of a vector. Products of other sizes would count the back end's books.
fn engine(layer: &AnyLayer) -> Option<Engine<f32>> {
    let mut net = TapeBuilder::new(Shape::image(2, 12, 12));
    let x = net.input();
    let h = net.conv2d("first", x, Conv2d::new(8, 3).padded(1)).unwrap();
    let image = layer.record(&mut net, "layer", h).ok().filter(|&y| net.shape(y) == net.shape(h));
    let branch = net.conv2d("branch", image.unwrap_or(h), Conv2d::new(8, 3).padded(1)).unwrap();
    let h = net.add(h, branch).unwrap();
    let h = net.max_pool(h, Pool2d::square(2)).unwrap();
    let h = net.conv2d("strided", h, Conv2d::new(12, 3).strided(2)).unwrap();
    let h = net.global_average_pool(h).unwrap();
    let h = net.dense("hidden", h, 20).unwrap();
    let vector = layer.record(&mut net, "vector layer", h).ok().filter(|&y| net.shape(y) == net.shape(h));
    let y = net.dense("head", vector.unwrap_or(h), 10).unwrap();
    (image.is_some() || vector.is_some()).then(|| Engine::new(Arc::new(net.finish(y).unwrap())))
}

#[test]
fn a_steady_training_step_makes_no_buffer() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for layer in AnyLayer::examples() {
        let Some(engine) = engine(&layer) else { continue };
        let parameters = vec![0.1; engine.tape().parameters().len()];
        let mut gradient = vec![0.0; parameters.len()];
        // One shard, and several.
        for rows in [8, 100] {
            let features = engine.tape().input_shape().len();
            let inputs =
                Array2::from_shape_fn((rows, features), |(i, j)| ((i * 31 + j * 7) % 11) as f32 * 0.1);
            let mut step = || {
                engine
                    .gradient_sum::<TensorError>(
                        &parameters,
                        inputs.view(),
                        &mut gradient,
                        |_, outputs, mut u| {
                            u.assign(&outputs);
                            Ok(())
                        },
                    )
                    .unwrap();
            };
            pool.install(|| {
                for _ in 0..3 {
                    step();
                }
                let before = ALLOCATIONS.load(Ordering::Relaxed);
                for _ in 0..10 {
                    step();
                }
                assert_eq!(ALLOCATIONS.load(Ordering::Relaxed) - before, 0, "{layer:?}, {rows} rows");
            });
        }
    }
}
