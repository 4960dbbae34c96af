//! One stream of one device: the format to ask for, and the callbacks.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{
    BufferSize, FromSample, I24, InputCallbackInfo, OutputCallbackInfo, Sample, SampleFormat, SizedSample,
    StreamConfig, SupportedBufferSize, SupportedStreamConfigRange,
};

use super::find::Found;
use super::supervisor::Trouble;
use crate::ring::{
    CaptureFeed, CaptureLink, FromFrames, PlayoutDrain, PlayoutLink, RING_MS, Status, TimeSmoother, ToFrames,
    capture_link, playout_link,
};
use crate::{DeviceConfig, DeviceError, SAMPLE_RATE_HZ, time};

/// How long a device may take to open.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an opener waits for a device to start.
const START_TIMEOUT: Duration = Duration::from_millis(200);
/// A latency beyond this is not believed (µs).
const MAX_LATENCY_US: u64 = 2_000_000;

/// A stream, shared with the thread that starts it.
pub(super) type Stream = Arc<cpal::Stream>;

/// Opens and starts a microphone.
pub(super) fn open_capture(
    found: &Found,
    config: DeviceConfig,
    status: &Arc<Status>,
    trouble: Trouble,
) -> Result<(Stream, CaptureLink), DeviceError> {
    let ranges = found.device.supported_input_configs().map_err(|e| cannot_open(found, &e))?;
    let (format, settings) = choose(found, ranges, config)?;
    let (feed, link) = capture_link(
        ToFrames::new(settings.sample_rate, usize::from(config.channels))?,
        RING_MS,
        Arc::clone(status),
    );
    let stream = match format {
        SampleFormat::F32 => capture::<f32>(found, settings, feed, trouble),
        SampleFormat::I16 => capture::<i16>(found, settings, feed, trouble),
        SampleFormat::I24 => capture::<I24>(found, settings, feed, trouble),
        SampleFormat::I32 => capture::<i32>(found, settings, feed, trouble),
        SampleFormat::U8 => capture::<u8>(found, settings, feed, trouble),
        other => return Err(unusable(found, other)),
    }?;
    Ok((stream, link))
}

/// Opens and starts a speaker.
pub(super) fn open_playout(
    found: &Found,
    config: DeviceConfig,
    status: &Arc<Status>,
    trouble: Trouble,
) -> Result<(Stream, PlayoutLink), DeviceError> {
    let ranges = found.device.supported_output_configs().map_err(|e| cannot_open(found, &e))?;
    let (format, settings) = choose(found, ranges, config)?;
    let (drain, link) = playout_link(
        FromFrames::new(settings.sample_rate, usize::from(config.channels))?,
        RING_MS,
        Arc::clone(status),
    );
    let stream = match format {
        SampleFormat::F32 => playout::<f32>(found, settings, drain, trouble),
        SampleFormat::I16 => playout::<i16>(found, settings, drain, trouble),
        SampleFormat::I24 => playout::<I24>(found, settings, drain, trouble),
        SampleFormat::I32 => playout::<i32>(found, settings, drain, trouble),
        SampleFormat::U8 => playout::<u8>(found, settings, drain, trouble),
        other => return Err(unusable(found, other)),
    }?;
    Ok((stream, link))
}

fn capture<T>(
    found: &Found,
    settings: StreamConfig,
    feed: CaptureFeed,
    trouble: Trouble,
) -> Result<Stream, DeviceError>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let callback = capture_callback::<T>(feed, settings);
    let reporter = trouble.clone();
    let errors = move |e| reporter.report(&e);
    let stream = found.device.build_input_stream(settings, callback, errors, Some(OPEN_TIMEOUT));
    start(found, stream, trouble)
}

fn playout<T>(
    found: &Found,
    settings: StreamConfig,
    drain: PlayoutDrain,
    trouble: Trouble,
) -> Result<Stream, DeviceError>
where
    T: SizedSample + FromSample<f32>,
{
    let callback = playout_callback::<T>(drain, settings);
    let reporter = trouble.clone();
    let errors = move |e| reporter.report(&e);
    let stream = found.device.build_output_stream(settings, callback, errors, Some(OPEN_TIMEOUT));
    start(found, stream, trouble)
}

/// Starts a stream. Some microphones begin only when they have something to say, and PulseAudio's monitors take up
/// to 2 s; that is not waited for. An error that comes later goes the way of all others.
fn start(
    found: &Found,
    stream: Result<cpal::Stream, cpal::Error>,
    trouble: Trouble,
) -> Result<Stream, DeviceError> {
    let stream = Arc::new(stream.map_err(|e| cannot_open(found, &e))?);
    let starting = Arc::clone(&stream);
    let (result, started) = mpsc::channel();
    thread::Builder::new()
        .name("liaison-starting".to_owned())
        .spawn(move || {
            let outcome = starting.play();
            // The opener is told if it still waits, else the supervisor is.
            if let Err(mpsc::SendError(Err(error))) = result.send(outcome) {
                trouble.report(&error);
            }
        })
        .map_err(|e| {
            DeviceError::Unavailable(format!("cannot start the thread that starts a device: {e}"))
        })?;
    match started.recv_timeout(START_TIMEOUT) {
        Ok(Err(error)) => Err(cannot_open(found, &error)),
        Ok(Ok(())) | Err(_) => Ok(stream),
    }
}

/// What the system calls with captured samples: the average of the channels goes into a mono ring, the first two into
/// one of stereo (one into both).
pub(crate) fn capture_callback<T>(
    mut feed: CaptureFeed,
    settings: StreamConfig,
) -> impl FnMut(&[T], &InputCallbackInfo) + Send + 'static
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let channels = usize::from(settings.channels.max(1));
    let scale = 1.0 / channels as f32;
    let (stereo, right) = (feed.channels() == 2, 1.min(channels - 1));
    let mut smoother = TimeSmoother::new(settings.sample_rate);
    move |data: &[T], info: &InputCallbackInfo| {
        let now_us = time::now_us();
        let stamp = info.timestamp();
        let frames = data.len() / channels;
        let age = stamp.callback.saturating_duration_since(stamp.capture);
        let first_us = now_us.saturating_sub(believable_us(age));
        let (first_us, moments) = (smoother.smooth(first_us, frames), data.chunks_exact(channels));
        if stereo {
            let pairs = moments.flat_map(|moment| [moment[0], moment[right]].map(f32::from_sample));
            feed.feed(frames, pairs, first_us, now_us);
        } else {
            let mean =
                |moment: &[T]| moment.iter().map(|sample| f32::from_sample(*sample)).sum::<f32>() * scale;
            feed.feed(frames, moments.map(mean), first_us, now_us);
        }
    }
}

/// What the system calls for samples to play: the ring's go to the first two channels; a device of one gets the mean of
/// two.
pub(crate) fn playout_callback<T>(
    mut drain: PlayoutDrain,
    settings: StreamConfig,
) -> impl FnMut(&mut [T], &OutputCallbackInfo) + Send + 'static
where
    T: SizedSample + FromSample<f32>,
{
    let channels = usize::from(settings.channels.max(1));
    let stereo = drain.channels() == 2;
    let mut smoother = TimeSmoother::new(settings.sample_rate);
    move |data: &mut [T], info: &OutputCallbackInfo| {
        let now_us = time::now_us();
        let stamp = info.timestamp();
        let frames = data.len() / channels;
        let ahead = stamp.playback.saturating_duration_since(stamp.callback);
        let heard_us = smoother.smooth(now_us + believable_us(ahead), frames);
        data.fill(T::from_sample(0.0));
        let mut slots = data.chunks_exact_mut(channels);
        if !stereo {
            drain.drain(frames, now_us, heard_us, |sample| {
                if let Some(slot) = slots.next() {
                    slot.iter_mut().take(2).for_each(|channel| *channel = T::from_sample(sample));
                }
            });
            return;
        }
        let mut waiting = None;
        drain.drain(frames, now_us, heard_us, |sample| {
            let Some(left) = waiting.take() else {
                waiting = Some(sample);
                return;
            };
            match slots.next() {
                Some([one]) => *one = T::from_sample((left + sample) * 0.5),
                Some([first, second, ..]) => {
                    (*first, *second) = (T::from_sample(left), T::from_sample(sample));
                }
                _ => {}
            }
        });
    }
}

fn believable_us(latency: Duration) -> u64 {
    u64::try_from(latency.as_micros()).ok().filter(|us| *us <= MAX_LATENCY_US).unwrap_or(0)
}

/// The setting that needs the least conversion: 48 kHz before all, then float, then channels enough, and few. The buffer is
/// always a fixed one: a system's own choice is made for music and adds a quarter of a second.
fn choose(
    found: &Found,
    ranges: impl Iterator<Item = SupportedStreamConfigRange>,
    config: DeviceConfig,
) -> Result<(SampleFormat, StreamConfig), DeviceError> {
    let best = ranges
        .filter(|range| format_rank(range.sample_format()).is_some() && range.channels() > 0)
        .min_by_key(|range| {
            let rate_off = rate_of(range).abs_diff(SAMPLE_RATE_HZ);
            let too_few = range.channels() < config.channels;
            (rate_off, format_rank(range.sample_format()), too_few, range.channels())
        })
        .ok_or_else(|| DeviceError::Open {
            device: found.name.clone(),
            cause: "it offers no format of 16, 24 or 32 bits".to_owned(),
        })?;
    let sample_rate = rate_of(&best);
    let frames = u64::from(config.fixed_frames) * u64::from(sample_rate) / u64::from(SAMPLE_RATE_HZ);
    let frames = u32::try_from(frames).unwrap_or(config.fixed_frames);
    let frames = match *best.buffer_size() {
        SupportedBufferSize::Range { min, max } => frames.min(max).max(min),
        SupportedBufferSize::Unknown => frames,
    };
    let settings =
        StreamConfig { channels: best.channels(), sample_rate, buffer_size: BufferSize::Fixed(frames) };
    Ok((best.sample_format(), settings))
}

fn rate_of(range: &SupportedStreamConfigRange) -> u32 {
    SAMPLE_RATE_HZ.min(range.max_sample_rate()).max(range.min_sample_rate())
}

fn format_rank(format: SampleFormat) -> Option<u8> {
    match format {
        SampleFormat::F32 => Some(0),
        SampleFormat::I16 => Some(1),
        SampleFormat::I24 => Some(2),
        SampleFormat::I32 => Some(3),
        SampleFormat::U8 => Some(4),
        _ => None,
    }
}

fn cannot_open(found: &Found, error: &cpal::Error) -> DeviceError {
    DeviceError::Open { device: format!("\"{}\"", found.name), cause: error.to_string() }
}

fn unusable(found: &Found, format: SampleFormat) -> DeviceError {
    DeviceError::Open {
        device: format!("\"{}\"", found.name),
        cause: format!("its sample format is {format}"),
    }
}
