//! The unit of audio inside the house.

/// Sample rate of every frame, in Hz.
pub const SAMPLE_RATE_HZ: u32 = 48_000;

/// Samples a channel in a frame: 10 ms.
pub const FRAME_SAMPLES: usize = 480;

/// 10 ms of mono sound at 48 kHz; samples are nominally in `[-1, 1]`.
pub type Frame = [f32; FRAME_SAMPLES];

/// A frame of digital silence.
pub const SILENCE: Frame = [0.0; FRAME_SAMPLES];

/// Channels of a sound. The samples of two are interleaved, the left one first; "so many samples" always counts those
/// of one channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Channels {
    /// One.
    #[default]
    Mono,
    /// Two: left and right.
    Stereo,
}

impl Channels {
    /// The most there are.
    pub const MOST: usize = 2;

    /// 1 or 2.
    pub const fn count(self) -> usize {
        match self {
            Self::Mono => 1,
            Self::Stereo => 2,
        }
    }

    /// Numbers in 10 ms: 480 or 960.
    pub const fn frame_len(self) -> usize {
        FRAME_SAMPLES * self.count()
    }
}

/// The mean of the two channels of `stereo` into `mono`, as many samples as both have.
pub fn mix_down(stereo: &[f32], mono: &mut [f32]) {
    for (mono, pair) in mono.iter_mut().zip(stereo.chunks_exact(2)) {
        *mono = (pair[0] + pair[1]) * 0.5;
    }
}

/// `mono` into both channels of `stereo`, as many samples as both have.
pub fn spread(mono: &[f32], stereo: &mut [f32]) {
    for (pair, mono) in stereo.chunks_exact_mut(2).zip(mono) {
        pair.fill(*mono);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spread_mixes_down_to_itself_and_opposite_channels_to_nothing() {
        let mono: Frame = std::array::from_fn(|i| i as f32 / 480.0);
        let (mut stereo, mut back) = ([0.0; 2 * FRAME_SAMPLES], SILENCE);
        spread(&mono, &mut stereo);
        assert_eq!((stereo[4], stereo[5]), (mono[2], mono[2]));
        mix_down(&stereo, &mut back);
        assert_eq!(back, mono);
        stereo.chunks_exact_mut(2).for_each(|pair| pair[1] = -pair[0]);
        mix_down(&stereo, &mut back);
        assert_eq!(back, SILENCE);
    }
}
