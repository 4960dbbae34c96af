//! The least delay of the last second: what a path that wanders is at just now.

const BLOCKS: usize = 4;
const BLOCK_MS: f64 = 250.0;

#[derive(Debug, Default)]
pub(crate) struct Floor {
    least: [Option<f64>; BLOCKS],
    began: f64,
}

impl Floor {
    pub(crate) fn start(&mut self, arrival_ms: f64, delay: f64) {
        self.least = [None; BLOCKS];
        self.least[0] = Some(delay);
        self.began = arrival_ms;
    }

    pub(crate) fn add(&mut self, arrival_ms: f64, delay: f64) {
        if arrival_ms - self.began >= BLOCK_MS {
            self.least.rotate_right(1);
            self.least[0] = None;
            self.began = arrival_ms;
        }
        let newest = &mut self.least[0];
        *newest = Some(newest.map_or(delay, |least| least.min(delay)));
    }

    /// All delays grow by `by` ms.
    pub(crate) fn shift(&mut self, by: f64) {
        self.least.iter_mut().flatten().for_each(|least| *least += by);
    }

    /// In ms; 0 before anything came.
    pub(crate) fn ms(&self) -> f64 {
        self.least.iter().flatten().copied().reduce(f64::min).unwrap_or(0.0)
    }
}
