use super::fft::Fft;
use super::{ANALYSIS_HZ, Delays, Recording};

/// One frame of the comparison and the step to the next, in samples at the rate of comparison.
const FRAME: usize = 512;
const STEP: usize = 160;
/// The edges of the bands [Hz], about as wide as the ear's.
const EDGES_HZ: [f32; 17] = [
    100.0, 200.0, 300.0, 400.0, 510.0, 630.0, 770.0, 920.0, 1080.0, 1270.0, 1480.0, 1720.0, 2000.0, 2320.0,
    2700.0, 3150.0, 3700.0,
];
const BANDS: usize = EDGES_HZ.len() - 1;
/// What lies this far below the loudest frame is silence, to both ears alike [dB].
const FLOOR_DB: f32 = -50.0;

/// How alike the heard speech is to what was said, 0 (not at all) to 1 (the same): the correlation of their levels
/// over time in 16 bands of the ear, at the delays that were found.
///
/// Each band's mean is taken out first, so that two speakers are not alike merely because both speak. Speech through
/// a good codec stays above 0.9; another text stays below 0.4.
#[must_use]
pub fn likeness(said: &Recording, heard: &Recording, delays: &Delays) -> f64 {
    let said_levels = levels(&said.for_analysis());
    let heard_levels = levels(&heard.for_analysis());
    let shift_ms = (said.start_us - heard.start_us) as f64 / 1000.0;
    let step_ms = STEP as f64 * 1000.0 / f64::from(ANALYSIS_HZ);
    let pairs: Vec<(&[f32; BANDS], &[f32; BANDS])> = said_levels
        .iter()
        .enumerate()
        .filter_map(|(index, said_frame)| {
            let at_ms = index as f64 * step_ms;
            let heard_index = ((at_ms + shift_ms + delays.near_ms(at_ms)?) / step_ms).round();
            (heard_index >= 0.0).then_some(())?;
            Some((said_frame, heard_levels.get(heard_index as usize)?))
        })
        .collect();
    correlation(&pairs)
}

fn correlation(pairs: &[(&[f32; BANDS], &[f32; BANDS])]) -> f64 {
    if pairs.len() < 10 {
        return 0.0;
    }
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for band in 0..BANDS {
        let count = pairs.len() as f64;
        let mean_x = pairs.iter().map(|(x, _)| f64::from(x[band])).sum::<f64>() / count;
        let mean_y = pairs.iter().map(|(_, y)| f64::from(y[band])).sum::<f64>() / count;
        for (x, y) in pairs {
            let (x, y) = (f64::from(x[band]) - mean_x, f64::from(y[band]) - mean_y);
            xy += x * y;
            xx += x * x;
            yy += y * y;
        }
    }
    if xx == 0.0 || yy == 0.0 { 0.0 } else { (xy / (xx * yy).sqrt()).clamp(0.0, 1.0) }
}

/// The level of each band in each frame [dB], none below the floor.
fn levels(samples: &[f32]) -> Vec<[f32; BANDS]> {
    let fft = Fft::new(FRAME);
    let hann: Vec<f32> =
        (0..FRAME).map(|n| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / FRAME as f32).cos()).collect();
    let bin_hz = ANALYSIS_HZ as f32 / FRAME as f32;
    let mut frames: Vec<[f32; BANDS]> = samples
        .windows(FRAME)
        .step_by(STEP)
        .map(|frame| {
            let windowed: Vec<f32> = frame.iter().zip(&hann).map(|(s, w)| s * w).collect();
            let spectrum = fft.forward_real(&windowed);
            std::array::from_fn(|band| {
                let from = (EDGES_HZ[band] / bin_hz).round() as usize;
                let to = ((EDGES_HZ[band + 1] / bin_hz).round() as usize).max(from + 1);
                let power: f32 = spectrum[from..to].iter().map(|c| c.0 * c.0 + c.1 * c.1).sum();
                10.0 * (power + 1e-12).log10()
            })
        })
        .collect();
    let loudest = frames.iter().flatten().copied().fold(f32::MIN, f32::max);
    for level in frames.iter_mut().flatten() {
        *level = level.max(loudest + FLOOR_DB);
    }
    frames
}
