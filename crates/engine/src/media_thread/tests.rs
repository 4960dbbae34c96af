//! The thread with real codecs, real pacing and a fake network.

use std::f32::consts::TAU;
use std::sync::Arc;

use liaison_device::{
    AudioPort, CaptureSource, DeviceConfig, PlayoutSink, SAMPLE_RATE_HZ, open_capture, open_playout, wav,
};
use liaison_media::{AudioReceiver, AudioReceiverConfig, AudioSender, AudioSenderConfig};
use liaison_transport::{AudioParameters, Session, SessionConfig, SessionEvent, fake};

use super::*;
use crate::recording::Recorder;

const TONE_HZ: f32 = 700.0;
/// After this something is broken, and not only late.
const LIMIT: Duration = Duration::from_secs(60);

/// One end: a media thread with a stream on a fake session.
struct End {
    media: MediaHandle,
    session: Arc<dyn Session>,
    figures: Receiver<StreamFigures>,
}

/// Carries the descriptions of two sessions to each other until both are connected.
async fn connect(a: &Arc<dyn Session>, b: &Arc<dyn Session>) {
    let (mut left, mut right) = (false, false);
    while !(left && right) {
        let (event, from_a) = tokio::select! {
            event = a.next_event(), if !left => (event, true),
            event = b.next_event(), if !right => (event, false),
        };
        match event.expect("the session has ended") {
            SessionEvent::LocalDescription(description) => {
                let to = if from_a { b } else { a };
                to.set_remote(description).await.unwrap();
            }
            SessionEvent::Connected { .. } if from_a => left = true,
            SessionEvent::Connected { .. } => right = true,
            _ => {}
        }
    }
}

fn end(session: Arc<dyn Session>, packets: Receiver<(Instant, liaison_media::RtpPacket)>, ssrc: u32) -> End {
    end_with(None, Channels::Mono, session, packets, ssrc)
}

fn end_with(
    ends: Option<(CaptureEnd, PlayoutEnd)>,
    channels: Channels,
    session: Arc<dyn Session>,
    packets: Receiver<(Instant, liaison_media::RtpPacket)>,
    ssrc: u32,
) -> End {
    let media = spawn(ends, channels, || panic!("the media thread panicked")).unwrap();
    let bitrate_bps = 32_000 * channels.count() as u32;
    let sending = AudioSenderConfig { ssrc, channels, bitrate_bps, ..AudioSenderConfig::default() };
    let sender = AudioSender::new(sending).unwrap();
    let receiver = AudioReceiver::new(AudioReceiverConfig { channels, ..Default::default() }).unwrap();
    let (to_us, figures) = bounded(8);
    let now = Instant::now();
    let stream = Stream::new(StreamId(1), sender, receiver, session.sender(), packets, to_us, now);
    assert!(media.commands().send(Command::Add(Box::new(stream))));
    End { media, session, figures }
}

async fn pair() -> (End, End) {
    pair_with(None).await
}

/// Two sessions that are connected, and what comes in by them.
async fn sessions() -> [(Arc<dyn Session>, Receiver<(Instant, liaison_media::RtpPacket)>); 2] {
    let (queue_a, packets_a) = PacketQueue::new();
    let (queue_b, packets_b) = PacketQueue::new();
    let config = |ssrc, queue| SessionConfig::new(ssrc == 1, AudioParameters::new(ssrc), Arc::new(queue));
    let (a, b) = fake::pair(config(1, queue_a), config(2, queue_b));
    let (a, b): (Arc<dyn Session>, Arc<dyn Session>) = (Arc::from(a), Arc::from(b));
    connect(&a, &b).await;
    [(a, packets_a), (b, packets_b)]
}

/// The second one has an app-owned device.
async fn pair_with(ends: Option<(CaptureEnd, PlayoutEnd)>) -> (End, End) {
    let [(a, packets_a), (b, packets_b)] = sessions().await;
    (end(a, packets_a, 1), end_with(ends, Channels::Mono, b, packets_b, 2))
}

/// How loud two tones are in one channel of a tenth of a second, in dB of each other.
fn own_over_other(heard: &[f32], side: usize, hz: [f32; 2]) -> f32 {
    let power = |hz: f32| {
        let (mut re, mut im) = (0.0, 0.0);
        let count = heard.len() as f32 / 2.0;
        for (index, sample) in heard.iter().skip(side).step_by(2).enumerate() {
            let window = 0.5 - 0.5 * (TAU * index as f32 / count).cos();
            let angle = TAU * hz * index as f32 / SAMPLE_RATE_HZ as f32;
            re += sample * window * angle.cos();
            im += sample * window * angle.sin();
        }
        (re * re + im * im) / count.powi(2)
    };
    let (own, other) = (power(hz[side]), power(hz[1 - side]));
    if own > 1e-5 { 10.0 * (own / other.max(1e-12)).log10() } else { f32::MIN }
}

/// Two app-owned devices of two channels. Left and right come out as they went in; with the processing switched on
/// what is sent is mono, and comes out of both.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn two_channels_go_from_port_to_port_and_processing_makes_them_one() {
    const HZ: [f32; 2] = [440.0, 660.0];
    let (speaking, capture, playout) = AudioPort::with_channels(2);
    let (hearing, far_capture, far_playout) = AudioPort::with_channels(2);
    let [(a, packets_a), (b, packets_b)] = sessions().await;
    let speaker = end_with(Some((capture, playout)), Channels::Stereo, a, packets_a, 1);
    let listener = end_with(Some((far_capture, far_playout)), Channels::Stereo, b, packets_b, 2);
    let (mut at, mut out, mut last) = (0usize, [0.0; 2 * FRAME_SAMPLES], Vec::new());
    let mut next = Instant::now();
    let mut step = |judge: &mut dyn FnMut(&[f32]) -> bool| -> bool {
        let tone = |index: usize, hz: f32| (TAU * (index as f32 * hz / 48_000.0).fract()).sin() * 0.3;
        let frame: Vec<f32> =
            (at..at + FRAME_SAMPLES).flat_map(|index| HZ.map(|hz| tone(index, hz))).collect();
        at += FRAME_SAMPLES;
        speaking.push(&frame, 0).unwrap();
        speaking.pull(&mut out, 0).unwrap();
        hearing.pull(&mut out, 0).unwrap();
        last.extend_from_slice(&out);
        let full = last.len() >= 20 * FRAME_SAMPLES;
        let found = full && judge(&last);
        if full {
            last.clear();
        }
        next += Duration::from_millis(10);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        found
    };
    let began = Instant::now();
    let mut best = [f32::MIN; 2];
    while !step(&mut |heard| {
        best = [0, 1].map(|side| own_over_other(heard, side, HZ));
        best.iter().all(|db| *db > 25.0)
    }) {
        assert!(began.elapsed() < LIMIT, "the channels are apart by {best:?} dB");
    }
    let config = ProcessingConfig { gain: true, ..ProcessingConfig::default() };
    assert!(speaker.media.commands().send(Command::Processing(config)));
    while !step(&mut |heard| {
        best = [0, 1].map(|side| own_over_other(heard, side, HZ));
        best.iter().all(|db| db.abs() < 3.0)
    }) {
        assert!(began.elapsed() < 2 * LIMIT, "both tones in both channels, not {best:?} dB apart");
    }
    speaker.session.close().await;
    listener.session.close().await;
}

/// The share of the samples' energy that is the tone.
fn tone_share(samples: &[f32]) -> f32 {
    let (mut re, mut im, mut energy) = (0.0, 0.0, 1e-9);
    for (index, sample) in samples.iter().enumerate() {
        let angle = TAU * TONE_HZ * index as f32 / SAMPLE_RATE_HZ as f32;
        re += sample * angle.cos();
        im += sample * angle.sin();
        energy += sample * sample;
    }
    2.0 * (re * re + im * im) / (samples.len() as f32 * energy)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_tone_is_sent_heard_and_recorded_in_real_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heard.wav");
    let (speaker, listener) = pair().await;
    let (capture, _tone) =
        open_capture(CaptureSource::Tone { hz: TONE_HZ }, DeviceConfig::default()).unwrap();
    let (playout, _discard) = open_playout(PlayoutSink::Discard, DeviceConfig::default()).unwrap();
    assert!(speaker.media.commands().send(Command::Open { capture: Some(capture), playout: None }));
    assert!(listener.media.commands().send(Command::Open { capture: None, playout: Some(playout) }));
    let recorder = Box::new(Recorder::create(&path, Channels::Mono).unwrap());
    let change = Change::Record(Some(recorder), None);
    assert!(listener.media.commands().send(Command::Change { stream: StreamId(1), change }));

    let began = Instant::now();
    let mut packets = 0;
    while packets <= 100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        packets = listener.figures.try_iter().last().map_or(packets, |f| f.receiver.packets_received);
        assert!(began.elapsed() < LIMIT, "{packets} packets came");
    }
    let (done, removed) = bounded(1);
    assert!(listener.media.commands().send(Command::Remove { stream: StreamId(1), done }));
    let mut stream = removed.recv_timeout(LIMIT).unwrap();
    let took = began.elapsed().as_secs_f64();
    stream.take_recorder().unwrap().finish();

    let figures = stream.figures();
    assert!(figures.first_decoded.is_some(), "nothing was heard");
    assert!(figures.first_recorded.is_some());
    let heard = wav::read(&path).unwrap();
    let seconds = heard.len() as f64 / f64::from(SAMPLE_RATE_HZ);
    // What a machine was too late to play is left out, not played later; nothing is there twice.
    assert!(seconds < took + 0.25 && seconds > took / 4.0, "{seconds:.3} s were recorded in {took:.3} s");
    // A machine that stalls makes gaps; between them there is the tone and nothing else.
    let share = heard.chunks_exact(SAMPLE_RATE_HZ as usize / 5).map(tone_share).fold(0.0, f32::max);
    assert!(share > 0.95, "only {share:.3} of what was heard is the tone");
    assert!(speaker.figures.try_recv().is_ok(), "figures are published");
    speaker.session.close().await;
    listener.session.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_muted_stream_sends_silence_and_a_held_one_nothing() {
    let (speaker, listener) = pair().await;
    let (capture, _tone) =
        open_capture(CaptureSource::Tone { hz: TONE_HZ }, DeviceConfig::default()).unwrap();
    let commands = speaker.media.commands();
    assert!(commands.send(Command::Change { stream: StreamId(1), change: Change::Muted(true) }));
    assert!(commands.send(Command::Open { capture: Some(capture), playout: None }));
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let heard = listener.figures.try_iter().last().unwrap();
    assert!(heard.receiver.packets_received > 0, "a muted stream keeps its packets coming");
    // Not always digital silence: the codec's own last tail is at −100 dBov and below.
    assert!(heard.received_level_dbov > 90, "silence, not −{} dBov", heard.received_level_dbov);

    assert!(commands.send(Command::Change { stream: StreamId(1), change: Change::Held(true) }));
    tokio::time::sleep(Duration::from_millis(700)).await;
    let held = listener.figures.try_iter().last().unwrap().receiver.packets_received;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let later = listener.figures.try_iter().last().unwrap().receiver.packets_received;
    assert_eq!(held, later, "a held stream sends nothing");
}

/// A loudspeaker beside a microphone: what is pulled comes back 40 ms later, half as loud.
struct EchoingDevice {
    stop: Arc<std::sync::atomic::AtomicBool>,
    thread: JoinHandle<()>,
}

impl EchoingDevice {
    fn run(port: AudioPort) -> Self {
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let (mut air, mut next) =
                (std::collections::VecDeque::from([[0.0f32; FRAME_SAMPLES]; 4]), Instant::now());
            while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
                let now_us = liaison_device::time::micros(next);
                let mut played = [0.0; FRAME_SAMPLES];
                port.pull(&mut played, now_us + 20_000).unwrap();
                air.push_back(played);
                // Pulled 40 ms ago, so heard 20 ms ago: captured then, and brought 10 ms later than that.
                let captured = air.pop_front().unwrap().map(|sample| sample * 0.5);
                port.push(&captured, now_us - 20_000).unwrap();
                next += Duration::from_millis(10);
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        });
        Self { stop, thread }
    }

    fn stop(self) {
        self.stop.store(true, std::sync::atomic::Ordering::Relaxed);
        self.thread.join().unwrap();
    }
}

/// Something voiced without a pause, so that every part of a second is as loud as the next.
fn voice_without_a_pause(path: &std::path::Path) {
    // The pitch wanders as a speaker's does, in a whole number of turns: the end fits the beginning.
    let sample = |index: u32| {
        let t = index as f32 / SAMPLE_RATE_HZ as f32;
        let phase = TAU * 130.0 * t - 20.0 * (TAU * 0.75 * t).cos();
        0.15 * (1..20).map(|k| (k as f32 * phase).sin() / k as f32).sum::<f32>()
    };
    let samples: Vec<f32> = (0..4 * SAMPLE_RATE_HZ).map(sample).collect();
    wav::write(path, &samples, wav::WavFormat::F32).unwrap();
}

/// The loudness of what comes back, once for each time figures are published while packets come.
struct Returned<'a> {
    figures: &'a Receiver<StreamFigures>,
    packets: u64,
}

impl Returned<'_> {
    async fn next_dbov(&mut self) -> f32 {
        loop {
            match self.figures.try_recv() {
                Ok(figures) if figures.receiver.packets_received > self.packets => {
                    self.packets = figures.receiver.packets_received;
                    return -f32::from(figures.received_level_dbov);
                }
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
}

/// A machine that others use stalls now and then, and echo returns until the canceller has found its way again. So the
/// test waits for the echo to be gone, and the source being steady, that can be nothing but the canceller's work.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_echo_of_a_device_that_tells_its_times_is_taken_out_of_what_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("voice.wav");
    voice_without_a_pause(&path);
    let (port, capture, playout) = AudioPort::new();
    let (speaker, echoing) = pair_with(Some((capture, playout))).await;
    let device = EchoingDevice::run(port);
    let (capture, _voice) =
        open_capture(CaptureSource::Wav { path, repeat: true }, DeviceConfig::default()).unwrap();
    let (playout, _discard) = open_playout(PlayoutSink::Discard, DeviceConfig::default()).unwrap();
    assert!(speaker.media.commands().send(Command::Open { capture: Some(capture), playout: Some(playout) }));

    let mut returned = Returned { figures: &speaker.figures, packets: 0 };
    let echo_dbov = tokio::time::timeout(LIMIT, async {
        let mut steady = 0;
        let mut last = f32::MIN;
        while steady < 4 {
            let level = returned.next_dbov().await;
            steady = if level > -60.0 && (level - last).abs() < 3.0 { steady + 1 } else { 0 };
            last = level;
        }
        last
    });
    let echo_dbov = echo_dbov.await.expect("the echo is heard while nothing takes it out");

    let config = ProcessingConfig { echo: true, ..ProcessingConfig::default() };
    assert!(echoing.media.commands().send(Command::Processing(config)));
    let gone = tokio::time::timeout(LIMIT, async {
        let mut quiet = 0;
        while quiet < 4 {
            quiet = if returned.next_dbov().await < echo_dbov - 20.0 { quiet + 1 } else { 0 };
        }
    });
    gone.await.expect("the echo is more than 20 dB down");
    // Those published earlier are still in the queue.
    loop {
        let figures = echoing
            .figures
            .recv_timeout(LIMIT)
            .expect("the canceller is told the delay of the device")
            .thread;
        if figures.processing.echo_active && figures.processing.device_delay >= Duration::from_millis(20) {
            break;
        }
    }
    device.stop();
    speaker.session.close().await;
    echoing.session.close().await;
}
