//! Reading arrays takes at most twice their bytes: the array at the width that it has in the file, and the
//! bytes that it is made of.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use fenchel_nn::weights::{Tensors, Values};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The system's allocator, which knows how much is held, and how much was at most.
struct Peak;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn take(size: usize) {
    let held = HELD.fetch_add(size, Ordering::Relaxed) + size;
    MOST.fetch_max(held, Ordering::Relaxed);
}

// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Peak {
    // SAFETY: that of the trait: a layout of non-zero size.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: that of the trait: a pointer from here, with its layout.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Peak = Peak;

const BYTES: usize = 1 << 23;

/// An npz of one array of `BYTES` bytes, and the bytes.
fn write(path: &Path, descriptor: &str, size: usize, method: CompressionMethod) {
    let mut zip = ZipWriter::new(std::fs::File::create(path).unwrap());
    zip.start_file("x.npy", SimpleFileOptions::default().compression_method(method)).unwrap();
    let header = format!(
        "{{'descr': '{descriptor}', 'fortran_order': False, 'shape': ({}, 4), }}\n",
        BYTES / size / 4
    );
    zip.write_all(b"\x93NUMPY\x01\x00").unwrap();
    zip.write_all(&u16::try_from(header.len()).unwrap().to_le_bytes()).unwrap();
    zip.write_all(header.as_bytes()).unwrap();
    let block: Vec<u8> = (0..1024_u32).map(|i| (i * 37 % 64) as u8).collect();
    for _ in 0..BYTES / block.len() {
        zip.write_all(&block).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn an_array_takes_at_most_twice_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    for (descriptor, size) in
        [("|u1", 1), ("|i1", 1), ("<u2", 2), (">i4", 4), ("<i8", 8), ("<f4", 4), (">f8", 8)]
    {
        write(&path, descriptor, size, CompressionMethod::Stored);
        let before = HELD.load(Ordering::Relaxed);
        MOST.store(before, Ordering::Relaxed);
        let tensors = Tensors::read(&path).unwrap();
        let peak = MOST.load(Ordering::Relaxed) - before;
        assert!(peak <= 2 * BYTES + (1 << 18), "{descriptor}: {peak} bytes for {BYTES}");
        let kept = HELD.load(Ordering::Relaxed) - before;
        assert!(kept <= BYTES + (1 << 18), "{descriptor}: {kept} bytes kept for {BYTES}");
        if let Values::Integer(integers) = &tensors.get("x").unwrap().values {
            let mut sum = 0;
            integers.iter().for_each(|value| sum += value);
            assert!(integers.len() == BYTES / size && sum > 0);
            assert_eq!(
                MOST.load(Ordering::Relaxed) - before,
                peak,
                "{descriptor}: looking at integers took memory"
            );
        }
    }
    // What comes out of compressed bytes grows little by little, by doubling.
    write(&path, "|u1", 1, CompressionMethod::Deflated);
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let tensors = Tensors::read(&path).unwrap();
    assert!(MOST.load(Ordering::Relaxed) - before <= 3 * BYTES + (1 << 18));
    let (shape, integers) = tensors.integers("x", "images").unwrap();
    assert_eq!((shape, integers.iter().nth(1)), (&[BYTES / 4, 4][..], Some(37)));
}
