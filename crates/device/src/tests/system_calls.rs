//! The audio callback makes no system call and waits for no lock: its code runs on a thread on which the kernel refuses
//! every system call and reports it (seccomp), while this thread holds every lock there is. A callback that took one of
//! these would have to wait, which is a system call.
#![allow(unsafe_code, reason = "the kernel is asked to filter a thread's system calls")]

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::guard::Marks;
use crate::ring::{FromFrames, RING_MS, Status, ToFrames, capture_link, playout_link};
use crate::source::{self, Generator};
use crate::{AudioPort, CaptureEnd, PlayoutEnd, time};

static REFUSED: AtomicU64 = AtomicU64::new(0);
static FIRST: AtomicI64 = AtomicI64::new(-1);
/// A thread that waits for a lock asks again and again: after so many it is ended.
const ENOUGH: u64 = 100;

/// Called by the kernel on the filtered thread for each system call that it refused.
extern "C" fn on_refused(_signal: i32, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: the kernel hands over a siginfo whose si_syscall is this int (sigaction(2)): after si_signo, si_errno,
    // si_code and padding comes the pointer si_call_addr.
    let number = unsafe { info.cast::<u8>().add(24).cast::<i32>().read_unaligned() };
    let _ = FIRST.compare_exchange(-1, i64::from(number), SeqCst, SeqCst);
    if REFUSED.fetch_add(1, SeqCst) + 1 >= ENOUGH {
        end_thread();
    }
}

/// Ends the thread as the kernel sees it, with no more system calls than that.
fn end_thread() -> ! {
    // SAFETY: it takes nothing with it: what the thread owned is leaked on purpose, nobody joins it.
    unsafe {
        libc::syscall(libc::SYS_exit, 0);
    }
    unreachable!("the kernel ends the thread")
}

/// From here on this thread may end, return from a signal and read the clock; everything else is refused.
fn filter_this_thread() {
    // The clock is read without the kernel's help where the machine can do that, which is not ours to decide.
    let allowed = [libc::SYS_exit, libc::SYS_exit_group, libc::SYS_rt_sigreturn, libc::SYS_clock_gettime];
    let statement = |code: u32, k: u32| libc::sock_filter { code: code as u16, jt: 0, jf: 0, k };
    // seccomp_data begins with the call's number.
    let mut program = vec![statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0)];
    for number in allowed {
        let code = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
        program.push(libc::sock_filter { code, jt: 0, jf: 1, k: number as u32 });
        program.push(statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW));
    }
    program.push(statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_TRAP));
    let filter = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: the handler is as sigaction(2) asks; the filter is copied by the kernel during the call; both concern this
    // thread, but for the handler of a signal that nothing else sends.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_refused as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER;
        assert_eq!(libc::sigaction(libc::SIGSYS, &action, std::ptr::null_mut()), 0);
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &filter), 0);
    }
    // It is freed never: that could be a system call.
    std::mem::forget(program);
}

/// How many system calls `work` tried, and the first one's number.
fn system_calls(work: impl FnMut() + Send + 'static) -> (u64, i64) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    REFUSED.store(0, SeqCst);
    FIRST.store(-1, SeqCst);
    // Whatever is done once in a process is done.
    let _ = time::now_us();
    let work = Box::leak(Box::new(work));
    let done: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
    std::thread::spawn(move || {
        filter_this_thread();
        work();
        done.store(true, SeqCst);
        end_thread();
    });
    let began = Instant::now();
    while !done.load(SeqCst) && REFUSED.load(SeqCst) < ENOUGH {
        assert!(began.elapsed() < Duration::from_secs(30), "the filtered thread does not end");
        std::thread::sleep(Duration::from_millis(1));
    }
    (REFUSED.load(SeqCst), FIRST.load(SeqCst))
}

const NONE: (u64, i64) = (0, -1);

#[test]
fn a_system_call_and_a_lock_that_is_held_are_both_seen() {
    let asked = || {
        // SAFETY: getppid has no arguments and no effects.
        std::hint::black_box(unsafe { libc::syscall(libc::SYS_getppid) });
    };
    assert_eq!(system_calls(asked), (1, libc::SYS_getppid));

    let lock = Arc::new(Mutex::new(0));
    let held = lock.lock().unwrap();
    let theirs = Arc::clone(&lock);
    let waited = system_calls(move || *theirs.lock().unwrap() += 1);
    assert_eq!(waited, (ENOUGH, libc::SYS_futex));
    drop(held);

    // A stream's state is asked for its error: no callback may do that.
    let status = Arc::new(Status::new());
    let theirs = Arc::clone(&status);
    let (calls, _) = status.while_locked(|| system_calls(move || drop(theirs.error())));
    assert_eq!(calls, ENOUGH);

    let woken = system_calls(|| std::thread::current().unpark());
    assert_eq!(woken, NONE, "nobody is parked, so nobody is woken");
    let allocated = system_calls(|| std::mem::forget(vec![1_u8; 64 << 20]));
    assert!(allocated.0 > 0, "a large allocation asks the kernel");
    assert_eq!(system_calls(|| ()), NONE);
}

#[test]
fn push_and_pull_neither_ask_the_kernel_nor_wait() {
    let (port, mut capture, mut playout) = AudioPort::new();
    let theirs = port.clone();
    let calls = system_calls(move || {
        let (mut f32s, mut i16s, mut frame) = ([0.1_f32; 700], [5_i16; 333], [0.0; 480]);
        for round in 0..500_u64 {
            // Fills up and runs dry in turn: overruns and underruns are in it.
            let _ = theirs.push(&f32s, 1 + round * 10_000);
            let _ = theirs.push_i16(&i16s, time::now_us());
            let _ = theirs.pull(&mut f32s, 0);
            let _ = theirs.pull_i16(&mut i16s, time::now_us());
            theirs.set_active(round % 50 != 49);
            // The media thread, which is away for a while.
            if round % 100 < 60 {
                while capture.read(&mut frame).is_some() {
                    let _ = playout.next_deadline(Instant::now());
                    let _ = playout.write(&frame);
                }
            }
        }
    });
    assert_eq!(calls, NONE);
    let stats = port.stats();
    assert!(stats.capture.overruns > 0 && stats.playout.underruns > 0, "{stats:?}");

    // And who comes second is turned away without waiting.
    let theirs = port.clone();
    port.while_inside(|| {
        let calls = system_calls(move || {
            assert!(theirs.push(&[0.0; 10], 0).is_err());
            assert!(theirs.pull(&mut [0.0; 10], 0).is_err());
        });
        assert_eq!(calls, NONE);
    });
    assert_eq!(port.stats().busy, 2);
}

#[test]
fn a_file_or_tone_neither_asks_the_kernel_nor_waits() {
    let status = Arc::new(Status::new());
    let (_end, feed, _handover) = CaptureEnd::new(ToFrames::same(1), RING_MS, Arc::clone(&status));
    let tone = Generator::tone(440.0, 1).unwrap();
    let mut callback = source::callback(tone, feed, 480, 1, Arc::new(Marks::new(false)), Arc::clone(&status));
    let mut at = 1_000_000;
    let calls = status.while_locked(|| {
        system_calls(move || {
            for _ in 0..300 {
                callback(at);
                at += 10_000;
            }
        })
    });
    assert_eq!(calls, NONE);
    assert!(status.capture_stats().overruns > 0, "nobody read it");
}

#[cfg(feature = "cpal")]
#[test]
fn the_audio_systems_callbacks_neither_ask_the_kernel_nor_wait() {
    use cpal::{InputCallbackInfo, InputStreamTimestamp, OutputCallbackInfo, OutputStreamTimestamp};
    use cpal::{StreamConfig, StreamInstant};

    use crate::system::stream::{capture_callback, playout_callback};

    for (rate, channels) in [(44_100, 1), (48_000, 1), (48_000, 2)] {
        let frames = rate as usize / 100;
        let settings = StreamConfig {
            channels: 2,
            sample_rate: rate,
            buffer_size: cpal::BufferSize::Fixed(frames as u32),
        };
        let (heard, played) = (Arc::new(Status::new()), Arc::new(Status::new()));
        let (feed, link) = capture_link(ToFrames::new(rate, channels).unwrap(), RING_MS, Arc::clone(&heard));
        let (mut capture, _fresh) = CaptureEnd::from_link(link, Arc::clone(&heard));
        let (drain, link) =
            playout_link(FromFrames::new(rate, channels).unwrap(), RING_MS, Arc::clone(&played));
        let (mut playout, _fresh) = PlayoutEnd::from_link(link, Arc::clone(&played));
        let mut on_captured = capture_callback::<i16>(feed, settings);
        let mut on_played = playout_callback::<f32>(drain, settings);
        let microphone = vec![16_384_i16; frames * 2];
        let mut speaker = vec![0.7_f32; frames * 2];
        let work = move || {
            let mut frame = [0.0; 960];
            let frame = &mut frame[..480 * channels];
            for n in 1..400_u64 {
                let at = StreamInstant::from_nanos(n * 10_000_000);
                let input = InputCallbackInfo::new(InputStreamTimestamp { callback: at, capture: at });
                on_captured(&microphone, &input);
                // For a while the media thread is away: overruns on the one side, underruns on the other.
                if !(100..150).contains(&n) {
                    while capture.read(frame).is_some() {
                        let _ = playout.write(frame);
                    }
                }
                let output = OutputCallbackInfo::new(OutputStreamTimestamp { callback: at, playback: at });
                on_played(&mut speaker, &output);
            }
        };
        let calls = heard.while_locked(|| played.while_locked(|| system_calls(work)));
        assert_eq!(calls, NONE, "at {rate} Hz");
        assert!(heard.capture_stats().overruns > 0 && played.playout_stats().underruns > 0);
    }
}
