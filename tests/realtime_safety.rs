//! The media thread allocates nothing once a call runs (ARCHITECTURE.md, invariant 3): counted, in a real call.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]
#![allow(unsafe_code, reason = "a global allocator cannot be written without it")]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use common::{World, connect, eventually};
use liaison_engine::{EngineConfig, ProcessingConfig};

static COUNTING: AtomicBool = AtomicBool::new(false);
static MEDIA_ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static OTHER_ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Whether this thread is a media thread; found out once, without allocating.
    static IS_MEDIA: Cell<Option<bool>> = const { Cell::new(None) };
}

struct Counting;

fn count() {
    if !COUNTING.load(Ordering::Relaxed) {
        return;
    }
    let is_media = IS_MEDIA.try_with(|is_media| {
        is_media.get().unwrap_or_else(|| {
            let mut name = [0_u8; 64];
            // SAFETY: PR_GET_NAME writes at most 16 bytes, with the ending NUL, to the buffer.
            let asked = unsafe { libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr()) };
            let found = asked == 0 && name.starts_with(b"liaison-media\0");
            is_media.set(Some(found));
            found
        })
    });
    let counter = if is_media.unwrap_or(false) { &MEDIA_ALLOCATIONS } else { &OTHER_ALLOCATIONS };
    counter.fetch_add(1, Ordering::Relaxed);
}

// SAFETY: every call goes to the system's allocator unchanged; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as the caller promised.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn the_media_thread_allocates_nothing_after_its_first_two_seconds() {
    let world = World::federated();
    // One side with everything switched on for its microphone, one with nothing.
    let processed = EngineConfig { processing: ProcessingConfig::ON, ..world.config() };
    let mut kiosk = world.signed_in(processed, &world.app_user().1);
    let mut staff = world.signed_in(world.config(), &world.staff().1);
    let (outgoing, _answered) = connect(&mut kiosk, &mut staff);
    eventually("sound", || outgoing.snapshot().unwrap().statistics.first_audio.is_some());
    std::thread::sleep(Duration::from_secs(2));

    let before = outgoing.snapshot().unwrap().statistics;
    COUNTING.store(true, Ordering::SeqCst);
    std::thread::sleep(Duration::from_secs(4));
    COUNTING.store(false, Ordering::SeqCst);
    let after = outgoing.snapshot().unwrap().statistics;

    assert!(after.packets_sent > before.packets_sent + 100, "the call went on: {before:?} {after:?}");
    assert!(after.packets_received > before.packets_received + 100);
    assert!(after.echo_cancelled, "processing was on: {after:?}");
    assert!(OTHER_ALLOCATIONS.load(Ordering::SeqCst) > 0, "the counter counts");
    assert_eq!(MEDIA_ALLOCATIONS.load(Ordering::SeqCst), 0, "on the media threads");
}
