use std::path::Path;

use hound::{SampleFormat, WavSpec};

use super::*;
use crate::DeviceError;
use crate::tests::{frequency, rms};

fn spec(channels: u16, sample_rate: u32, bits_per_sample: u16) -> WavSpec {
    let sample_format = SampleFormat::Int;
    WavSpec { channels, sample_rate, bits_per_sample, sample_format }
}

/// Two seconds of a 1 kHz tone of peak 0.5 on every channel.
fn write_tone(path: &Path, spec: WavSpec) {
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for n in 0..spec.sample_rate * 2 {
        let value =
            (f64::from(n) / f64::from(spec.sample_rate) * 1_000.0 * std::f64::consts::TAU).sin() * 0.5;
        for _ in 0..spec.channels {
            if spec.sample_format == SampleFormat::Float {
                writer.write_sample(value as f32).unwrap();
            } else {
                let full_scale = 2_f64.powi(i32::from(spec.bits_per_sample) - 1);
                writer.write_sample((value * full_scale) as i32).unwrap();
            }
        }
    }
    writer.finalize().unwrap();
}

#[test]
fn every_usual_kind_of_file_is_heard_at_its_pitch_and_level() {
    let dir = tempfile::tempdir().unwrap();
    let float =
        WavSpec { channels: 2, sample_rate: 44_100, bits_per_sample: 32, sample_format: SampleFormat::Float };
    let kinds = [
        spec(1, 48_000, 16),
        spec(2, 44_100, 16),
        spec(1, 8_000, 16),
        spec(2, 16_000, 24),
        spec(1, 22_050, 32),
        spec(1, 44_100, 8),
        spec(2, 96_000, 24),
        spec(6, 48_000, 16),
        float,
    ];
    for (n, kind) in kinds.into_iter().enumerate() {
        let path = dir.path().join(format!("{n}.wav"));
        write_tone(&path, kind);
        let heard = read(&path).unwrap();
        assert!(heard.len().abs_diff(96_000) <= 2, "{kind:?}: {} samples", heard.len());
        let steady = &heard[4_800..91_200];
        assert!((frequency(steady) - 1_000.0).abs() < 0.2, "{kind:?}: {} Hz", frequency(steady));
        assert!((rms(steady) - 0.35355).abs() < 0.005, "{kind:?}: level {}", rms(steady));
        // The tone begins at phase 0: nothing is shifted by more than one sample of the file.
        let one = 48_000.0 / f64::from(kind.sample_rate.min(48_000)) + 0.5;
        let most = (one / 48_000.0 * 1_000.0 * std::f64::consts::TAU).sin() * 0.5;
        assert!(f64::from(heard[480].abs()) < most && heard[492] > 0.3, "{kind:?}: shifted");
    }
}

#[test]
fn stereo_is_averaged() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("stereo.wav");
    let mut writer = hound::WavWriter::create(&path, spec(2, 48_000, 16)).unwrap();
    for _ in 0..100 {
        writer.write_sample(16_384_i16).unwrap();
        writer.write_sample(-8_192_i16).unwrap();
    }
    writer.finalize().unwrap();
    assert!(read(&path).unwrap().iter().all(|s| *s == 0.125));
}

#[test]
fn what_was_written_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("back.wav");
    let samples: Vec<f32> = (-1_000..1_000).map(|n| n as f32 / 1_000.0).collect();
    write(&path, &samples, WavFormat::F32).unwrap();
    assert_eq!(read(&path).unwrap(), samples);
    write(&path, &samples, WavFormat::I16).unwrap();
    let rounded = read(&path).unwrap();
    assert!(rounded.iter().zip(&samples).all(|(a, b)| (a - b).abs() <= 0.6 / 32_768.0 + f32::EPSILON));
}

#[test]
fn broken_files_are_clear_errors() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.wav");
    let check = |bytes: &[u8], says: &str| {
        std::fs::write(&path, bytes).unwrap();
        let error = read(&path).unwrap_err();
        assert!(matches!(error, DeviceError::Wav { .. }), "{error}");
        assert!(error.to_string().contains(says), "{error} does not say {says}");
        assert!(error.to_string().contains("x.wav"), "{error}");
    };
    check(b"", "cut short");
    check(b"RIFF", "cut short");
    check(b"this is no sound at all, it is a text that goes on for a while", "RIFF");
    check(&[0xff; 5_000], "RIFF");

    let whole = dir.path().join("whole.wav");
    write(&whole, &[0.1; 4_800], WavFormat::I16).unwrap();
    let bytes = std::fs::read(&whole).unwrap();
    check(&bytes[..bytes.len() / 2], "cut short");
    let mut no_rate = bytes.clone();
    no_rate[24..28].copy_from_slice(&[0; 4]);
    no_rate[28..32].copy_from_slice(&[0; 4]);
    check(&no_rate, "sample rate is 0 Hz");
    write(&whole, &[], WavFormat::I16).unwrap();
    check(&std::fs::read(&whole).unwrap(), "no samples");

    let error = read(dir.path()).unwrap_err();
    assert!(matches!(error, DeviceError::File { .. } | DeviceError::Wav { .. }), "{error}");
}

/// Damage to any byte of a header is an error or another sound, never a panic.
#[test]
fn no_header_makes_it_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fuzz.wav");
    write(&path, &[0.1; 100], WavFormat::I16).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for at in 0..44 {
        for value in [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            std::fs::write(&path, damaged).unwrap();
            let _ = read(&path);
        }
    }
}

#[test]
fn the_writer_writes_what_it_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.wav");
    let mut writer = WavWriter::create(&path, WavFormat::F32).unwrap();
    let samples: Vec<f32> = (0..480 * 50).map(|n| (n % 1_000) as f32 / 1_000.0).collect();
    for frame in samples.chunks(480) {
        assert_eq!(writer.write(frame), 480);
    }
    assert_eq!(writer.finish().unwrap(), WavSummary { samples: 24_000, dropped: 0 });
    assert_eq!(read(&path).unwrap(), samples);
}

#[test]
fn samples_too_many_at_once_become_silence_of_their_length() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("burst.wav");
    let mut writer = WavWriter::create(&path, WavFormat::F32).unwrap();
    let taken = writer.write(&vec![0.5; 200_000]);
    assert!((96_000..200_000).contains(&taken), "{taken}");
    std::thread::sleep(std::time::Duration::from_millis(500));
    writer.write(&[]);
    std::thread::sleep(std::time::Duration::from_millis(500));
    writer.write(&[]);
    assert_eq!(writer.write(&[0.25]), 1);
    let summary = writer.finish().unwrap();
    assert_eq!(summary, WavSummary { samples: 200_001, dropped: 200_000 - taken as u64 });
    let heard = read(&path).unwrap();
    assert!(heard[..taken].iter().all(|s| *s == 0.5) && heard[taken..200_000].iter().all(|s| *s == 0.0));
    assert_eq!(heard[200_000], 0.25);
}

#[test]
fn dropping_the_writer_completes_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dropped.wav");
    let mut writer = WavWriter::create(&path, WavFormat::I16).unwrap();
    writer.write(&[0.5; 4_800]);
    drop(writer);
    assert_eq!(read(&path).unwrap().len(), 4_800);
}

#[test]
fn the_file_is_readable_while_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("live.wav");
    let mut writer = WavWriter::create(&path, WavFormat::I16).unwrap();
    writer.write(&[0.5; 4_800]);
    let began = std::time::Instant::now();
    while !read(&path).is_ok_and(|heard| heard.len() == 4_800) {
        assert!(began.elapsed() < std::time::Duration::from_secs(5));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    drop(writer);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_and_the_writer_goes_on() {
    let mut writer = match WavWriter::create(Path::new("/dev/full"), WavFormat::I16) {
        Ok(writer) => writer,
        // The header alone may already fail; that is as clear.
        Err(error) => return assert!(error.to_string().contains("/dev/full"), "{error}"),
    };
    for _ in 0..200 {
        writer.write(&[0.1; 480]);
    }
    std::thread::sleep(std::time::Duration::from_millis(100));
    let error = writer.finish().unwrap_err();
    assert!(matches!(&error, DeviceError::File { action: "write", .. }), "{error}");
    assert!(error.to_string().contains("/dev/full"), "{error}");
}
