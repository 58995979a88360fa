//! The callbacks of sound devices run on real-time threads, where an allocation may wait for another thread.
#![allow(unsafe_code, reason = "an allocator that counts is the only way to see allocations")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use nonet_media::audio::device::{capture, play};
use rtrb::RingBuffer;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract; counting touches a
// thread-local without a destructor and does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(of: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    of();
    ALLOCATIONS.get() - before
}

#[test]
fn the_counter_counts() {
    assert!(allocations(|| drop(std::hint::black_box(Box::new(1)))) >= 2);
}

#[test]
fn callbacks_neither_allocate_nor_free_even_when_rings_run_full_and_empty() {
    let (mut producer, mut consumer) = RingBuffer::new(4_800);
    let captured = vec![i16::MAX; 960 * 2];
    let mut played = vec![0.0f32; 960 * 6];
    let count = allocations(|| {
        for _ in 0..20 {
            capture(&captured, 2, &mut producer);
        }
        for _ in 0..20 {
            play(&mut played, 6, &mut consumer);
        }
    });
    assert_eq!(count, 0);
    assert_eq!(played, vec![0.0; 960 * 6]);
}
