//! Fixed-ratio conversion between a device's rate and 48 kHz, allocation-free once made.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Async, FixedAsync, Resampler, SincInterpolationParameters, SincInterpolationType, WindowFunction,
};

use crate::time::samples_us;
use crate::{DeviceError, FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// Filter length of a live stream (input samples); half of it is delay, 0.7 ms at 44.1 kHz.
const LIVE_FILTER: usize = 64;
/// Filter length for files, where delay does not count.
const FILE_FILTER: usize = 256;

fn sinc(
    from_hz: u32,
    to_hz: u32,
    filter: usize,
    channels: usize,
    chunk: usize,
    fixed: FixedAsync,
) -> Result<Async<f32>, DeviceError> {
    let mut parameters = SincInterpolationParameters::new(filter, WindowFunction::BlackmanHarris2);
    parameters.interpolation = SincInterpolationType::Linear;
    parameters.oversampling_factor = 256;
    Async::new_sinc(f64::from(to_hz) / f64::from(from_hz), 1.0, &parameters, chunk, channels, fixed)
        .map_err(|e| DeviceError::Config(format!("cannot convert {from_hz} Hz to {to_hz} Hz: {e}")))
}

/// Samples of one channel read and written.
fn run(
    resampler: &mut Async<f32>,
    channels: usize,
    input: &[f32],
    output: &mut [f32],
) -> Option<(usize, usize)> {
    let from = InterleavedSlice::new(input, channels, input.len() / channels).ok()?;
    let room = output.len() / channels;
    let mut to = InterleavedSlice::new_mut(output, channels, room).ok()?;
    resampler.process_into_buffer(&from, &mut to, None).ok()
}

/// From a microphone's rate to frames at 48 kHz.
#[derive(Debug)]
pub(crate) struct ToFrames {
    rate_hz: u32,
    channels: usize,
    resampler: Option<Async<f32>>,
    input: Vec<f32>,
    delay_us: u64,
}

impl ToFrames {
    /// For a device that has 48 kHz itself, of one channel or two.
    pub fn same(channels: usize) -> Self {
        Self { rate_hz: SAMPLE_RATE_HZ, channels, resampler: None, input: Vec::new(), delay_us: 0 }
    }

    /// The device's rate.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// One or two, interleaved in the ring and in frames.
    pub fn channels(&self) -> usize {
        self.channels
    }

    pub fn new(rate_hz: u32, channels: usize) -> Result<Self, DeviceError> {
        if rate_hz == SAMPLE_RATE_HZ {
            return Ok(Self::same(channels));
        }
        let resampler =
            sinc(rate_hz, SAMPLE_RATE_HZ, LIVE_FILTER, channels, FRAME_SAMPLES, FixedAsync::Output)?;
        let input = vec![0.0; resampler.input_frames_max() * channels];
        let delay_us = samples_us(resampler.output_delay() as u64, SAMPLE_RATE_HZ);
        Ok(Self { rate_hz, channels, resampler: Some(resampler), input, delay_us })
    }

    /// Samples of the device, of each channel, that the next frame takes.
    pub fn needs(&self) -> usize {
        self.resampler.as_ref().map_or(FRAME_SAMPLES, |r| r.input_frames_next())
    }

    /// How much older a frame's first sample is than the first sample fed for it (µs).
    pub fn delay_us(&self) -> u64 {
        self.delay_us
    }

    /// Fills a frame; `fetch` fills its whole argument, [`Self::needs`] samples of each channel, from the ring.
    pub fn convert(&mut self, out: &mut [f32], fetch: impl FnOnce(&mut [f32])) {
        let Some(resampler) = &mut self.resampler else { return fetch(out) };
        let input = &mut self.input[..resampler.input_frames_next() * self.channels];
        fetch(input);
        if run(resampler, self.channels, input, out).is_none() {
            out.fill(0.0);
        }
    }
}

/// From frames at 48 kHz to a speaker's rate.
#[derive(Debug)]
pub(crate) struct FromFrames {
    rate_hz: u32,
    channels: usize,
    resampler: Option<Async<f32>>,
    output: Vec<f32>,
    delay_us: u64,
}

impl FromFrames {
    /// For a device that has 48 kHz itself, of one channel or two.
    pub fn same(channels: usize) -> Self {
        Self { rate_hz: SAMPLE_RATE_HZ, channels, resampler: None, output: Vec::new(), delay_us: 0 }
    }

    /// The device's rate.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// One or two, interleaved in the ring and in frames.
    pub fn channels(&self) -> usize {
        self.channels
    }

    pub fn new(rate_hz: u32, channels: usize) -> Result<Self, DeviceError> {
        if rate_hz == SAMPLE_RATE_HZ {
            return Ok(Self::same(channels));
        }
        let resampler =
            sinc(SAMPLE_RATE_HZ, rate_hz, LIVE_FILTER, channels, FRAME_SAMPLES, FixedAsync::Input)?;
        let output = vec![0.0; resampler.output_frames_max() * channels];
        let delay_us = samples_us(resampler.output_delay() as u64, rate_hz);
        Ok(Self { rate_hz, channels, resampler: Some(resampler), output, delay_us })
    }

    /// Samples of the device, of each channel, that the next frame gives.
    pub fn gives(&self) -> usize {
        self.resampler.as_ref().map_or(FRAME_SAMPLES, |r| r.output_frames_next())
    }

    /// How much later a frame's first sample comes out than it went in (µs).
    pub fn delay_us(&self) -> u64 {
        self.delay_us
    }

    /// The frame at the device's rate.
    pub fn convert<'a>(&'a mut self, frame: &'a [f32]) -> &'a [f32] {
        let Some(resampler) = &mut self.resampler else { return frame };
        let length =
            run(resampler, self.channels, frame, &mut self.output).map_or(0, |(_, out)| out * self.channels);
        &self.output[..length]
    }
}

/// A whole recording from `rate_hz` to 48 kHz, its length and its beginning kept.
pub(crate) fn whole(samples: Vec<f32>, channels: usize, rate_hz: u32) -> Result<Vec<f32>, DeviceError> {
    if rate_hz == SAMPLE_RATE_HZ || samples.is_empty() {
        return Ok(samples);
    }
    let failed = |e: String| DeviceError::Config(format!("cannot convert {rate_hz} Hz to 48 kHz: {e}"));
    let mut resampler = sinc(rate_hz, SAMPLE_RATE_HZ, FILE_FILTER, channels, 1024, FixedAsync::Input)?;
    let length = samples.len() / channels;
    let input = InterleavedSlice::new(&samples, channels, length).map_err(|e| failed(e.to_string()))?;
    let out = resampler.process_all(&input, length, None).map_err(|e| failed(e.to_string()))?;
    Ok(out.take_data())
}
