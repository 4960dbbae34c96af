//! A recording inside the page, at half its weight.

use base64::Engine as _;
use liaison_sim::speech::Recording;

/// A `data:` address of a WAV file at 24 kHz.
pub fn data_uri(recording: &Recording) -> String {
    let step = (recording.rate_hz / 24_000).max(1) as usize;
    let rate = recording.rate_hz / step as u32;
    // The mean of neighbours is low-pass enough for an ear that only checks.
    let samples = recording.samples.chunks_exact(step).map(|c| c.iter().sum::<f32>() / step as f32);
    let data: Vec<u8> =
        samples.flat_map(|sample| ((sample.clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes()).collect();
    let mut file = Vec::with_capacity(44 + data.len());
    file.extend(b"RIFF");
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(rate.to_le_bytes());
    file.extend((rate * 2).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    format!("data:audio/wav;base64,{}", base64::engine::general_purpose::STANDARD.encode(file))
}
