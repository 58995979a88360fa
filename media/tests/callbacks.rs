//! The callbacks of sound devices run on real-time threads, where an allocation may wait for another thread. What is done to the
//! microphone's sound is on a thread that keeps their pace, and allocates no more.
#![allow(unsafe_code, reason = "an allocator that counts is the only way to see allocations")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use nonet_media::audio::device::{capture, play};
use nonet_media::audio::processing::{ProcessingSettings, Processor};
use nonet_media::frame::AUDIO_FRAME_SAMPLES;
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

#[test]
fn processing_allocates_nothing_for_each_frame_whatever_the_echo_does() {
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let played: Vec<f32> = (0..5 * 48_000).map(|_| 0.2 * noise()).collect();
    // The echo is learnt, moves, and is gone.
    let echo = |index: usize| match index / 48_000 {
        0..2 => 0.5 * played[index.saturating_sub(960)],
        2..4 => 0.5 * played[index - 2_400],
        _ => 0.0,
    };
    let mut captured: Vec<f32> = (0..played.len()).map(echo).collect();
    // The gain is left out: WebRTC's pipeline around it allocates 44 times for each frame.
    let mut processor = Processor::new(ProcessingSettings { automatic_gain: false, ..ProcessingSettings::default() });
    let frames = captured.as_chunks_mut::<AUDIO_FRAME_SAMPLES>().0.iter_mut();
    let mut frames = frames.zip(played.as_chunks::<AUDIO_FRAME_SAMPLES>().0);
    // With the first one the suppressor of noise makes its tables.
    frames.by_ref().take(1).for_each(|(captured, played)| processor.process(captured, played));
    let count = allocations(|| frames.for_each(|(captured, played)| processor.process(captured, played)));
    assert_eq!(count, 0);
}
