use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::*;
use crate::config::{liaison_audio_mode, liaison_engine_config_init};
use crate::event::liaison_event_kind;
use crate::poll::{liaison_engine_next_event, liaison_engine_wait_event};
use crate::text::liaison_str;

/// An engine whose service is nowhere.
fn engine(adjust: impl FnOnce(&mut liaison_engine_config)) -> *mut liaison_engine {
    let mut engine = std::ptr::null_mut();
    // SAFETY: config and outputs are live.
    unsafe {
        let mut config: liaison_engine_config = std::mem::zeroed();
        assert_eq!(liaison_engine_config_init(&mut config, size_of_val(&config)), 0);
        config.endpoint = liaison_str::borrowed("https://127.0.0.1:1");
        config.audio_mode = liaison_audio_mode::None as i32;
        config.ca_pem = liaison_str::borrowed(CA);
        adjust(&mut config);
        assert_eq!(liaison_engine_new(LIAISON_ABI, &config, &mut engine), 0);
    }
    assert!(!engine.is_null());
    engine
}

/// Some certificate, so that no platform's store is needed.
const CA: &str = include_str!("../../testdata/ca.pem");

unsafe extern "C" fn count(user: *mut c_void) {
    // SAFETY: each test hands over an AtomicUsize that outlives the engine.
    unsafe { &*user.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
}

#[test]
fn a_panic_poisons_the_engine_and_its_last_event_says_so() {
    let woken = AtomicUsize::new(0);
    let engine = engine(|config| {
        config.wake_hook = Some(count);
        config.wake_user = std::ptr::from_ref(&woken).cast_mut().cast();
    });
    // SAFETY: the engine is live until it is freed.
    unsafe {
        assert_eq!(enter(engine, |_| panic!("a bug, for the test")), LIAISON_PANIC);
        assert_eq!(woken.load(Ordering::SeqCst), 1, "the app is told to poll");
        assert_eq!(liaison_engine_status(engine), LIAISON_PANIC);
        assert_eq!(liaison_engine_network_changed(engine), LIAISON_PANIC);
        let event = liaison_engine_wait_event(engine, 1_000_000);
        assert_eq!((*event).kind, liaison_event_kind::Poisoned);
        assert!(liaison_engine_next_event(engine).is_null(), "it is the last one");
        assert_eq!(liaison_engine_free(engine), 0);
    }
}

#[test]
fn freeing_ends_the_wait_of_another_thread_at_once() {
    let engine = engine(|_| {});
    let address = engine as usize;
    // SAFETY: the waiting call has begun before the engine is freed.
    unsafe {
        let waiter = std::thread::spawn(move || {
            liaison_engine_wait_event(address as *mut liaison_engine, i64::MAX).is_null()
        });
        while (*engine).consumer.try_lock().is_ok() {
            std::thread::yield_now();
        }
        let begun = Instant::now();
        assert_eq!(liaison_engine_status(engine), LIAISON_BUSY);
        assert!(liaison_engine_next_event(engine).is_null(), "one thread at a time reads events");
        assert_eq!(liaison_engine_free(engine), 0);
        assert!(waiter.join().unwrap());
        assert!(begun.elapsed().as_secs() < 4, "{:?}", begun.elapsed());
    }
}

#[test]
fn inside_a_hook_an_engine_can_be_neither_used_nor_made_nor_freed() {
    let engine = engine(|_| {});
    guard::as_hook(|| {
        let mut other = std::ptr::null_mut();
        // SAFETY: the engine is live, and stays so.
        unsafe {
            assert_eq!(liaison_engine_status(engine), LIAISON_REENTRANT);
            assert_eq!(liaison_engine_free(engine), LIAISON_REENTRANT);
            assert_eq!(liaison_engine_new(LIAISON_ABI, std::ptr::null(), &mut other), LIAISON_REENTRANT);
            assert!(liaison_engine_next_event(engine).is_null());
        }
        assert!(other.is_null());
    });
    // SAFETY: it was not freed.
    unsafe { assert_eq!(liaison_engine_free(engine), 0) };
}
