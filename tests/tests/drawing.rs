//! Pictures go to the graphics driver as they came from the decoder: no copy of one is made on the way, and painting on and
//! on takes no more memory.
#![allow(unsafe_code, reason = "an allocator that counts is the only way to see allocations")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};

use nonet_tests::drawing::{Stage, pictures};

/// Bytes that are allocated and not freed.
static LIVE: AtomicIsize = AtomicIsize::new(0);
/// The largest allocation since it was last set to zero.
static LARGEST: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract; counting touches atomics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size().cast_signed(), Ordering::Relaxed);
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size().cast_signed(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The largest allocation while something is done.
fn largest(during: impl FnOnce()) -> usize {
    LARGEST.store(0, Ordering::Relaxed);
    during();
    LARGEST.load(Ordering::Relaxed)
}

#[test]
fn nine_tiles_are_painted_without_copies_of_their_pictures_and_without_growing() {
    assert!(largest(|| drop(std::hint::black_box(vec![0_u8; 300_000]))) >= 300_000, "the counter counts");
    let pictures = pictures();
    let stage = Stage::new(1280, 720);
    let paint = |times| (0..times).for_each(|_| pictures.iter().for_each(|pictures| stage.paint(pictures)));
    // Lists of commands grow to their size.
    paint(20);
    let before = LIVE.load(Ordering::Relaxed);
    let largest = largest(|| paint(40));
    let grown = LIVE.load(Ordering::Relaxed) - before;
    // The smallest plane has 640×360 samples. What is less is egui's and wgpu's: lists of commands.
    assert!(largest < 640 * 360 / 4, "{largest} bytes were allocated at once");
    assert!(grown.abs() < 16_384, "grown by {grown} bytes in 80 paints");
}
