//! Who of several speaks.
//!
//! After I. Volfin and I. Cohen, "Dominant speaker identification for multipoint videoconferencing" (Computer Speech &
//! Language 27, 2013): each speaker's activity is scored over three times (a moment, a tenth of a second, a second), and
//! the floor goes to who beats its holder in all three. Coughs, doors and short answers do not.

/// Frames in one step: levels are looked at every 20 ms.
const STEP_FRAMES: u32 = 2;
/// Steps between decisions: 300 ms.
const DECISION_STEPS: u32 = 15;
/// Levels a moment's activity has.
const IMMEDIATE_MAX: u32 = 13;
/// dB a level.
const LEVEL_DB: u32 = 4;
/// The quietest that counts, in −dBov.
const QUIETEST_DBOV: u32 = 60;
/// A moment at or over this is active.
const IMMEDIATE_ACTIVE: u32 = 4;
/// Moments in a tenth of a second, and how many of them make it active.
const MEDIUM: u32 = 5;
const MEDIUM_ACTIVE: u32 = 3;
/// Tenths in a second.
const LONG: u32 = 10;
/// By how much, as a logarithm of the scores' ratio, the holder must be beaten over each time.
const MARGINS: [f64; 3] = [3.0, 2.0, 0.0];
/// Silence rates of the three scores (their exponential distributions' parameter).
const LAMBDAS: [f64; 3] = [0.78, 24.0, 47.0];
/// Scores are no smaller.
const MIN_SCORE: f64 = 1e-10;

/// Follows several speakers and says who has the floor. At most 64; it allocates nothing after it was made.
#[derive(Debug)]
pub struct DominantSpeaker {
    speakers: Vec<Speaker>,
    dominant: Option<u64>,
    step: u32,
}

#[derive(Debug)]
struct Speaker {
    id: u64,
    /// The loudest since the last step, in −dBov.
    loudest: u8,
    /// Activity of the last moments, newest first, and of the last tenths.
    moments: [u32; (MEDIUM * LONG) as usize],
    scores: [f64; 3],
}

impl DominantSpeaker {
    /// Speakers it can follow.
    pub const MAX_SPEAKERS: usize = 64;

    /// Nobody is there.
    pub fn new() -> Self {
        Self { speakers: Vec::with_capacity(Self::MAX_SPEAKERS), dominant: None, step: 0 }
    }

    /// Somebody comes; who is there already, or would be the 65th, does not.
    pub fn add(&mut self, id: u64) {
        if self.speakers.len() < Self::MAX_SPEAKERS && self.speakers.iter().all(|speaker| speaker.id != id) {
            let moments = [0; (MEDIUM * LONG) as usize];
            self.speakers.push(Speaker { id, loudest: 127, moments, scores: [MIN_SCORE; 3] });
        }
    }

    /// Somebody leaves, and with it the floor if it had it.
    pub fn remove(&mut self, id: u64) {
        self.speakers.retain(|speaker| speaker.id != id);
        self.dominant = self.dominant.filter(|dominant| *dominant != id);
    }

    /// The level of this speaker's next 10 ms, in −dBov (RFC 6464). Give 127 where a [`VoiceActivity`] finds no voice, so
    /// that noise does not take the floor.
    ///
    /// [`VoiceActivity`]: crate::VoiceActivity
    pub fn hear(&mut self, id: u64, level_dbov: u8) {
        if let Some(speaker) = self.speakers.iter_mut().find(|speaker| speaker.id == id) {
            speaker.loudest = speaker.loudest.min(level_dbov);
        }
    }

    /// 10 ms of all speakers have been heard. Returns who has the floor; whoever had it last keeps it in silence.
    pub fn tick(&mut self) -> Option<u64> {
        self.step += 1;
        if self.step.is_multiple_of(STEP_FRAMES) {
            self.speakers.iter_mut().for_each(Speaker::step);
        }
        if self.step == STEP_FRAMES * DECISION_STEPS {
            self.step = 0;
            self.decide();
        }
        self.dominant
    }

    /// Who has the floor; `None` before anybody spoke.
    pub fn dominant(&self) -> Option<u64> {
        self.dominant
    }

    fn decide(&mut self) {
        self.speakers.iter_mut().for_each(Speaker::score);
        let holder = self.speakers.iter().find(|speaker| Some(speaker.id) == self.dominant);
        let held = holder.map_or([MIN_SCORE; 3], |holder| holder.scores);
        let margins = |speaker: &Speaker| -> [f64; 3] {
            std::array::from_fn(|time| (speaker.scores[time] / held[time]).ln())
        };
        let winner = self
            .speakers
            .iter()
            .filter(|speaker| Some(speaker.id) != self.dominant)
            .map(|speaker| (speaker.id, margins(speaker)))
            .filter(|(_, by)| by.iter().zip(MARGINS).all(|(by, margin)| *by > margin))
            .max_by(|a, b| a.1[1].total_cmp(&b.1[1]));
        self.dominant = winner.map(|(id, _)| id).or(self.dominant);
    }
}

impl Default for DominantSpeaker {
    fn default() -> Self {
        Self::new()
    }
}

impl Speaker {
    fn step(&mut self) {
        let over = QUIETEST_DBOV.saturating_sub(u32::from(self.loudest));
        self.loudest = 127;
        self.moments.rotate_right(1);
        self.moments[0] = (over / LEVEL_DB).min(IMMEDIATE_MAX);
    }

    fn score(&mut self) {
        let active =
            |moments: &[u32]| moments.iter().filter(|activity| **activity >= IMMEDIATE_ACTIVE).count() as u32;
        let tenths = self.moments.chunks(MEDIUM as usize);
        let long = tenths.filter(|tenth| active(tenth) >= MEDIUM_ACTIVE).count() as u32;
        // The moment is the median of the last three, so that a decision does not hang on a single plosive.
        let [a, b, c, ..] = self.moments;
        let immediate = a.max(b).min(a.min(b).max(c));
        self.scores = [
            score(immediate, IMMEDIATE_MAX, LAMBDAS[0]),
            score(active(&self.moments[..MEDIUM as usize]), MEDIUM, LAMBDAS[1]),
            score(long, LONG, LAMBDAS[2]),
        ];
    }
}

/// Log-likelihood ratio of `active` in `of`: speech, binomial with one half, against silence, exponential.
fn score(active: u32, of: u32, lambda: f64) -> f64 {
    let (v, n) = (f64::from(active), f64::from(of));
    let choose: f64 = (1..=active).map(|k| (f64::from(of - active + k) / f64::from(k)).ln()).sum();
    (choose + n * 0.5f64.ln() - lambda.ln() + lambda * v).max(MIN_SCORE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `ms`, with each speaker's level in −dBov at each 10 ms.
    fn run(floor: &mut DominantSpeaker, ms: u32, level: impl Fn(u64, u32) -> u8) -> Vec<Option<u64>> {
        let mut seen = vec![floor.dominant()];
        for tick in 0..ms / 10 {
            for id in 1..=3 {
                floor.hear(id, level(id, tick));
            }
            let now = floor.tick();
            if seen.last() != Some(&now) {
                seen.push(now);
            }
        }
        seen
    }

    fn three() -> DominantSpeaker {
        let mut floor = DominantSpeaker::new();
        (1..=3).for_each(|id| floor.add(id));
        floor
    }

    /// Syllables: 150 ms loud, 50 ms quiet.
    fn speech(tick: u32) -> u8 {
        if tick % 20 < 15 { 22 } else { 50 }
    }

    #[test]
    fn the_floor_goes_to_who_speaks_and_stays_in_silence() {
        let mut floor = three();
        assert_eq!(run(&mut floor, 2_000, |_, _| 127), [None]);
        run(&mut floor, 2_000, |id, tick| if id == 1 { speech(tick) } else { 127 });
        assert_eq!(floor.dominant(), Some(1));
        assert_eq!(run(&mut floor, 5_000, |_, _| 127), [Some(1)], "nobody speaks");
        let seen = run(&mut floor, 3_000, |id, tick| if id == 2 { speech(tick) } else { 127 });
        assert_eq!(seen, [Some(1), Some(2)]);
    }

    #[test]
    fn a_cough_a_short_answer_and_an_equal_do_not_take_it() {
        let mut floor = three();
        run(&mut floor, 3_000, |id, tick| if id == 1 { speech(tick) } else { 127 });
        // A loud cough of 120 ms every two seconds while the other speaks.
        let seen = run(&mut floor, 10_000, |id, tick| match id {
            1 => speech(tick),
            2 if tick % 200 < 12 => 8,
            _ => 127,
        });
        assert_eq!(seen, [Some(1)]);
        let seen = run(&mut floor, 10_000, |_, tick| speech(tick));
        assert_eq!(seen, [Some(1)], "all speak alike");
    }

    #[test]
    fn turns_are_followed_within_a_second_and_a_half() {
        let mut floor = three();
        for turn in 0..9u64 {
            let speaker = turn % 3 + 1;
            run(&mut floor, 1_500, |id, tick| if id == speaker { speech(tick) } else { 127 });
            assert_eq!(floor.dominant(), Some(speaker), "turn {turn}");
            run(&mut floor, 1_500, |id, tick| if id == speaker { speech(tick) } else { 127 });
        }
    }

    #[test]
    fn who_leaves_gives_it_up_and_the_number_is_bounded() {
        let mut floor = three();
        run(&mut floor, 3_000, |id, tick| if id == 3 { speech(tick) } else { 127 });
        floor.remove(3);
        assert_eq!(floor.dominant(), None);
        (0..1_000).for_each(|id| floor.add(id));
        assert_eq!(floor.speakers.len(), DominantSpeaker::MAX_SPEAKERS);
    }
}
