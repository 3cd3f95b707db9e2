//! Whether blocks may run without checks.

/// Whether the next block may run without checks. A surprise costs a second run, so blocks after one are checked from
/// the start, twice as many after each surprise in a row.
#[derive(Debug, Default)]
pub struct Trust {
    checked_blocks: u32,
    penalty: u32,
}

impl Trust {
    const MOST: u32 = 64;

    pub fn next_block(&mut self) -> bool {
        self.checked_blocks = self.checked_blocks.saturating_sub(1);
        self.checked_blocks == 0
    }

    pub fn kept(&mut self) {
        self.penalty = 0;
    }

    pub fn broken(&mut self) {
        self.penalty = (self.penalty * 2).clamp(2, Trust::MOST);
        self.checked_blocks = self.penalty;
    }
}
