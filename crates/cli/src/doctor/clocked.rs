//! Sound whose every 10 ms has a time: 16-bit samples at 48 kHz in one file, the times of their handing over in another.

use crate::exit::Failure;
use liaison_sim::speech::Times;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Samples handed over at once: 10 ms.
pub const CHUNK: usize = 480;

fn times_path(path: &Path) -> PathBuf {
    path.with_extension("times")
}

/// Writes while it is measured, so that nothing of it stays in the measured program's memory.
pub struct Writer {
    samples: Option<BufWriter<File>>,
    times: BufWriter<File>,
}

impl Writer {
    /// `path` is for the samples; the times go beside it. Without `samples` only the times are written.
    pub fn create(path: &Path, samples: bool) -> std::io::Result<Self> {
        Ok(Self {
            samples: samples.then(|| File::create(path)).transpose()?.map(BufWriter::new),
            times: BufWriter::new(File::create(times_path(path))?),
        })
    }

    /// 10 ms, of which the first sample was handed over at `us`.
    pub fn write(&mut self, samples: &[i16], us: u64) -> std::io::Result<()> {
        if let Some(out) = &mut self.samples {
            for sample in samples {
                out.write_all(&sample.to_le_bytes())?;
            }
        }
        self.times.write_all(&us.to_le_bytes())
    }

    /// Everything is on its way to the disk.
    pub fn finish(mut self) -> std::io::Result<()> {
        self.samples.as_mut().map_or(Ok(()), std::io::Write::flush)?;
        self.times.flush()
    }
}

/// Reads samples 10 ms at a time.
pub struct Reader(BufReader<File>);

impl Reader {
    /// `path` holds 16-bit samples and nothing else.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        Ok(Self(BufReader::new(File::open(path)?)))
    }

    /// The next 10 ms; `None` when less is left.
    pub fn next(&mut self) -> Option<[i16; CHUNK]> {
        let mut bytes = [0; CHUNK * 2];
        self.0.read_exact(&mut bytes).ok()?;
        let mut samples = [0; CHUNK];
        for (sample, pair) in samples.iter_mut().zip(bytes.chunks_exact(2)) {
            *sample = i16::from_le_bytes([pair[0], pair[1]]);
        }
        Some(samples)
    }
}

/// Writes samples in [-1, 1] as 16 bits, up to a whole number of 10 ms.
pub fn write_samples(path: &Path, samples: &[f32]) -> Result<(), Failure> {
    let whole = samples.len() / CHUNK * CHUNK;
    let bytes: Vec<u8> = samples[..whole]
        .iter()
        .flat_map(|sample| ((sample * 32_768.0).round() as i16).to_le_bytes())
        .collect();
    std::fs::write(path, bytes).map_err(|error| Failure::writing("samples", path, error))
}

/// Samples in [-1, 1] of a file of 16-bit samples.
pub fn read_samples(path: &Path) -> Result<Vec<f32>, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::reading("samples", path, error, ""))?;
    let sample = |pair: &[u8]| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0;
    Ok(bytes.chunks_exact(2).map(sample).collect())
}

/// The times that lie beside the samples of `path`.
pub fn read_times(path: &Path) -> Result<Times, Failure> {
    let path = times_path(path);
    let bytes = std::fs::read(&path).map_err(|error| Failure::reading("times", &path, error, ""))?;
    Ok(Times::from_bytes(&bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn samples_and_times_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heard.pcm");
        let mut writer = Writer::create(&path, true).unwrap();
        writer.write(&[1; CHUNK], 1_000_000).unwrap();
        writer.write(&[-2; CHUNK], 1_010_500).unwrap();
        writer.finish().unwrap();
        let times = read_times(&path).unwrap();
        assert_eq!((times.first(), times.last()), (Some(1_000_000), Some(1_010_500)));
        let samples = read_samples(&path).unwrap();
        assert_eq!((samples.len(), samples[959]), (960, -2.0 / 32_768.0));
        let copy = folder.path().join("copy.pcm");
        write_samples(&copy, &samples).unwrap();
        let mut reader = Reader::open(&copy).unwrap();
        assert_eq!(reader.next().unwrap(), [1; CHUNK]);
        assert_eq!(reader.next().unwrap(), [-2; CHUNK]);
        assert!(reader.next().is_none());
    }
}
