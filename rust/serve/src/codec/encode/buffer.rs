//! Bytes that grow at their end, with room after it, so that texts can be stored as whole words.

/// Bytes added beyond those needed.
const AHEAD: usize = 4096;

#[derive(Debug, Default)]
pub struct Buffer {
    /// Longer than what is written.
    bytes: Vec<u8>,
    end: usize,
}

impl Buffer {
    /// Goes on after these bytes.
    pub fn after(bytes: Vec<u8>) -> Buffer {
        let end = bytes.len();
        Buffer { bytes, end }
    }

    /// Bytes written.
    pub fn written(&self) -> usize {
        self.end
    }

    /// Forgets what was written and keeps the room for it.
    pub fn clear(&mut self) {
        self.end = 0;
    }

    /// What was written.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.truncate(self.end);
        self.bytes
    }

    /// Room for at least `count` bytes after what is written.
    #[inline]
    pub fn room(&mut self, count: usize) -> &mut [u8] {
        let needed = self.end.saturating_add(count);
        if self.bytes.len() < needed {
            self.grow(needed);
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    #[cold]
    fn grow(&mut self, needed: usize) {
        self.bytes.resize(needed.saturating_add(AHEAD), 0);
    }

    /// Takes the first `count` bytes of the room as written.
    #[inline]
    pub fn advance(&mut self, count: usize) {
        self.end = self.end.saturating_add(count).min(self.bytes.len());
    }

    pub fn push(&mut self, text: &[u8]) {
        if let Some(place) = self.room(text.len()).get_mut(..text.len()) {
            place.copy_from_slice(text);
            self.advance(text.len());
        }
    }
}
