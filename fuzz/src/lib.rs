//! What the targets share: a scale for memory, and what holds for all files of tensors.

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use fenchel_nn::weights::{Tensors, Values, WeightsError};
use tempfile::TempDir;

/// The system's allocator, which notes how much is held and how much has been at most.
#[derive(Debug)]
struct Weighed;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Weighed = Weighed;

fn take(bytes: usize) {
    let held = HELD.fetch_add(bytes, Ordering::Relaxed) + bytes;
    MOST.fetch_max(held, Ordering::Relaxed);
}

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Weighed {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        // SAFETY: the caller's promises are those that `System::alloc` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        // SAFETY: the caller's promises are those that `System::alloc_zeroed` asks for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both may be there at once.
        take(size);
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are those that `System::realloc` asks for.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are those that `System::dealloc` asks for.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What `work` gives, which may hold no more than `most` bytes at any time.
///
/// # Panics
/// If it held more.
pub fn within<R>(most: usize, work: impl FnOnce() -> R) -> R {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let result = work();
    let held = MOST.load(Ordering::Relaxed) - before;
    assert!(held <= most, "{held} bytes were held, {most} would do");
    result
}

static DIRECTORY: LazyLock<TempDir> = LazyLock::new(|| {
    // Millions of files are written: to memory, where the system offers it.
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary directory")
});

/// A folder for the files of a run.
#[must_use]
pub fn directory() -> &'static Path {
    DIRECTORY.path()
}

/// Reads a file of tensors with these contents; whatever is read is consistent, and survives both formats.
///
/// # Panics
/// If it does not, or more than `most` bytes were held on the way.
pub fn check_tensors(bytes: &[u8], most: usize) {
    let path = directory().join("read");
    std::fs::write(&path, bytes).expect("writing to the temporary directory");
    let tensors = match within(most, || Tensors::read(&path)) {
        Ok(tensors) => tensors,
        Err(error) => {
            assert!(error.to_string().contains("read"), "{error}");
            return;
        }
    };
    let mut floats = Tensors::new();
    for name in tensors.names() {
        let tensor = tensors.get(name).expect("it was listed");
        let count = tensor.shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
        match &tensor.values {
            Values::F32(values) => {
                assert_eq!(count, Some(values.len()), "{name}");
                floats.insert(name, &tensor.shape, values).expect("the values fill the shape");
            }
            Values::F64(values) => {
                assert_eq!(count, Some(values.len()), "{name}");
                floats.insert(name, &tensor.shape, values).expect("the values fill the shape");
            }
            Values::Integer(values) => assert_eq!(count, Some(values.len()), "{name}"),
            _ => {}
        }
        // Asking for what the file may not hold is an error at worst.
        let _ = tensors.integers(name, "integers");
        let _ = tensors.floats::<f64>(name, &tensor.shape);
        let _ = tensors.floats_of_any_shape::<f32>(name, "floats");
        let _ = tensors.numbers::<f32>(name, "floats");
    }
    again(&tensors, "written.npz");
    again(&floats, "written.npz");
    again(&floats, "written.safetensors");
}

/// What is written is read back equal.
fn again(tensors: &Tensors, file: &str) {
    let path = directory().join(file);
    match tensors.write(&path) {
        Ok(()) => {}
        // A type that is not written, or names and shapes beyond the format.
        Err(WeightsError::Type { .. } | WeightsError::Format { .. }) => return,
        Err(error) => panic!("{error}"),
    }
    let read = Tensors::read(&path).unwrap_or_else(|error| panic!("what was written is not read: {error}"));
    assert!(read.names().eq(tensors.names()), "{:?}", read.names().collect::<Vec<_>>());
    for name in tensors.names() {
        let (was, is) = (tensors.get(name).expect("it is listed"), read.get(name).expect("it is listed"));
        assert_eq!(was.shape, is.shape, "{name}");
        let equal = match (&was.values, &is.values) {
            // By their bits: a NaN is no equal of itself.
            (Values::F32(was), Values::F32(is)) => bits(was, f32::to_bits).eq(bits(is, f32::to_bits)),
            (Values::F64(was), Values::F64(is)) => bits(was, f64::to_bits).eq(bits(is, f64::to_bits)),
            (Values::Integer(was), Values::Integer(is)) => was.iter().eq(is.iter()),
            _ => false,
        };
        assert!(equal, "{name}");
    }
}

fn bits<T: Copy, B>(values: &[T], bits: impl Fn(T) -> B) -> impl Iterator<Item = B> {
    values.iter().map(move |&value| bits(value))
}
