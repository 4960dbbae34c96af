//! Reading a recording of any usual kind.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use hound::{SampleFormat, WavReader};

use crate::DeviceError;
use crate::ring::whole_recording_to_48k;

/// The longest recording that is read (s); it is held in memory, 11.5 MB a minute.
pub const MAX_SECONDS: u32 = 30 * 60;
/// The most samples a channel that are read: 30 minutes at 48 kHz, fewer at higher rates.
const MAX_FRAMES: u32 = MAX_SECONDS * 48_000;
const RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=192_000;
const MAX_CHANNELS: u16 = 8;

/// Reads a whole file as 48 kHz mono, samples in [-1, 1]: [`read_as`] with one channel.
///
/// # Errors
/// As [`read_as`].
pub fn read(path: &Path) -> Result<Vec<f32>, DeviceError> {
    read_as(path, 1)
}

/// Reads a whole file as 48 kHz with 1 channel, or with 2 interleaved (other numbers are brought into that), samples in
/// [-1, 1].
///
/// Any rate of 8 to 192 kHz is converted. To one, 1 to 8 channels are averaged; to two, one goes to both and of more the
/// first two are taken. PCM of 8, 16, 24 and 32 bits and
/// 32-bit float are understood.
///
/// # Errors
/// [`DeviceError::File`] when the file cannot be opened; [`DeviceError::Wav`] when it is no such WAV file, is
/// cut short, holds no samples, or is longer than [`MAX_SECONDS`] or than that many seconds' samples at 48 kHz.
pub fn read_as(path: &Path, channels: usize) -> Result<Vec<f32>, DeviceError> {
    let channels = channels.clamp(1, 2);
    let file = File::open(path).map_err(|e| DeviceError::File {
        action: "read",
        path: path.to_owned(),
        cause: e.to_string(),
    })?;
    let unusable = |cause: String| DeviceError::Wav { path: path.to_owned(), cause };
    let mut reader = WavReader::new(BufReader::new(file)).map_err(|e| unusable(describe(&e)))?;
    let spec = reader.spec();
    if !RATES_HZ.contains(&spec.sample_rate) {
        return Err(unusable(format!("its sample rate is {} Hz, not 8 to 192 kHz", spec.sample_rate)));
    }
    if !(1..=MAX_CHANNELS).contains(&spec.channels) {
        return Err(unusable(format!("it has {} channels, not 1 to {MAX_CHANNELS}", spec.channels)));
    }
    if reader.duration() == 0 {
        return Err(unusable("it holds no samples".to_owned()));
    }
    if reader.duration() / spec.sample_rate >= MAX_SECONDS {
        return Err(unusable(format!("it is longer than {} minutes", MAX_SECONDS / 60)));
    }
    if reader.duration() > MAX_FRAMES {
        return Err(unusable(format!("it holds more than {MAX_FRAMES} samples a channel")));
    }
    let samples = match (spec.sample_format, spec.bits_per_sample) {
        (SampleFormat::Float, 32) => gather(reader.samples::<f32>(), spec.channels, channels, 1.0),
        (SampleFormat::Int, bits @ (8 | 16 | 24 | 32)) => {
            let full_scale = f32::from(2_u8).powi(i32::from(bits) - 1);
            let samples = reader.samples::<i32>().map(|s| s.map(|s| s as f32));
            gather(samples, spec.channels, channels, full_scale)
        }
        (_, bits) => return Err(unusable(format!("it has samples of {bits} bits"))),
    };
    whole_recording_to_48k(samples.map_err(|e| unusable(describe(&e)))?, channels, spec.sample_rate)
}

/// Makes the channels that are wanted and brings the samples to [-1, 1].
fn gather(
    samples: impl Iterator<Item = Result<f32, hound::Error>>,
    channels: u16,
    wanted: usize,
    full_scale: f32,
) -> Result<Vec<f32>, hound::Error> {
    let channels = usize::from(channels);
    let mut out = Vec::new();
    // The channels of one moment; there are at most `MAX_CHANNELS`.
    let mut moment = [0.0; MAX_CHANNELS as usize];
    let mut channel = 0;
    for sample in samples {
        moment[channel] = sample? / full_scale;
        channel += 1;
        if channel < channels {
            continue;
        }
        channel = 0;
        if wanted == 1 {
            out.push(crate::sanitize(moment[..channels].iter().sum::<f32>() / channels as f32));
        } else {
            out.extend([moment[0], moment[channels.min(2) - 1]].map(crate::sanitize));
        }
    }
    Ok(out)
}

fn describe(error: &hound::Error) -> String {
    match error {
        hound::Error::FormatError(what) => (*what).to_owned(),
        hound::Error::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            "it is cut short".to_owned()
        }
        hound::Error::IoError(e) if e.to_string().contains("enough bytes") => "it is cut short".to_owned(),
        other => other.to_string(),
    }
}
