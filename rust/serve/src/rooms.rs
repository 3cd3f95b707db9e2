//! Memory for columns of numbers. What is given back is kept, up to a bound, and given out again: the system clears fresh
//! memory page by page, which takes longer than to write a column.

use arrow_buffer::Buffer;
use bytes::Bytes;
use memmap2::{Advice, MmapMut};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// What was given back.
#[derive(Debug, Default)]
pub struct Rooms(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// The last ones given back are the first.
    rooms: VecDeque<MmapMut>,
    bytes: usize,
}

/// So much is kept.
const MOST_KEPT: usize = 64 << 20;
/// Less is left to the allocator.
const LEAST: usize = 64 << 10;
/// A page of the processor's larger size. The system clears one in a thirtieth of the time that it takes for as many small
/// ones.
const LARGE_PAGE: usize = 2 << 20;

/// Memory for a column of numbers, whatever they are.
#[derive(Debug)]
pub struct Room {
    memory: Memory,
    numbers: usize,
}

#[derive(Debug)]
enum Memory {
    Own(Vec<f64>),
    Mapped(Mapped),
}

/// Goes back when it is dropped.
#[derive(Debug)]
struct Mapped {
    map: Option<MmapMut>,
    home: Arc<Rooms>,
}

impl Rooms {
    pub fn room(self: &Arc<Rooms>, numbers: usize) -> Room {
        let bytes = numbers * size_of::<f64>();
        let map = (bytes >= LEAST).then(|| self.take(bytes).or_else(|| fresh(bytes))).flatten();
        let memory = match map {
            Some(map) => Memory::Mapped(Mapped { map: Some(map), home: Arc::clone(self) }),
            None => Memory::Own(vec![0.0; numbers]),
        };
        Room { memory, numbers }
    }

    /// One that was given back and is not much too large.
    fn take(&self, bytes: usize) -> Option<MmapMut> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.rooms.iter().position(|room| (bytes..=2 * bytes).contains(&usable(room)))?;
        let room = kept.rooms.remove(found)?;
        kept.bytes -= usable(&room);
        Some(room)
    }

    fn give_back(&self, room: MmapMut) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += usable(&room);
        kept.rooms.push_front(room);
        let mut gone = Vec::new();
        while kept.bytes > MOST_KEPT
            && let Some(oldest) = kept.rooms.pop_back()
        {
            kept.bytes -= usable(&oldest);
            gone.push(oldest);
        }
        // Nobody waits while the system takes them.
        drop(kept);
    }
}

/// Memory from the system, with large pages where they fit. Nothing if there is none.
fn fresh(bytes: usize) -> Option<MmapMut> {
    let whole = bytes.next_multiple_of(if bytes < LARGE_PAGE { LEAST } else { LARGE_PAGE });
    // Large pages begin at multiples of their size.
    let more = if bytes < LARGE_PAGE { 0 } else { LARGE_PAGE };
    let map = MmapMut::map_anon(whole + more).ok()?;
    if bytes >= LARGE_PAGE {
        // Without large pages it takes longer, that is all.
        let _ = map.advise_range(Advice::HugePage, start(&map), whole);
    }
    Some(map)
}

/// Where the numbers begin.
fn start(map: &MmapMut) -> usize {
    if map.len() > LARGE_PAGE { map.as_ptr().align_offset(LARGE_PAGE) } else { 0 }
}

/// Bytes from there on that can be used whatever the address.
fn usable(map: &MmapMut) -> usize {
    if map.len() > LARGE_PAGE { map.len() - LARGE_PAGE } else { map.len() }
}

impl Room {
    pub fn numbers_mut(&mut self) -> &mut [f64] {
        match &mut self.memory {
            Memory::Own(numbers) => numbers,
            Memory::Mapped(mapped) => {
                let Some(map) = &mut mapped.map else { return &mut [] };
                let (start, bytes) = (start(map), self.numbers * size_of::<f64>());
                bytemuck::cast_slice_mut(map.get_mut(start..start + bytes).unwrap_or_default())
            }
        }
    }

    /// The numbers as a buffer; when the last user has dropped it, the memory goes back.
    pub fn into_buffer(self) -> Buffer {
        match self.memory {
            Memory::Own(numbers) => Buffer::from_vec(numbers),
            Memory::Mapped(_) => Buffer::from(Bytes::from_owner(self)),
        }
    }
}

impl AsRef<[u8]> for Room {
    fn as_ref(&self) -> &[u8] {
        match &self.memory {
            Memory::Own(numbers) => bytemuck::cast_slice(numbers),
            Memory::Mapped(mapped) => {
                let Some(map) = &mapped.map else { return &[] };
                let start = start(map);
                map.get(start..start + self.numbers * size_of::<f64>()).unwrap_or_default()
            }
        }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        if let Some(map) = self.map.take() {
            self.home.give_back(map);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was given back is given out again, if it is of a fitting size, and no more is kept than the bound.
    #[test]
    fn rooms_are_used_again() {
        let rooms = Arc::new(Rooms::default());
        for numbers in [0, 7, 8_192, 100_000, 262_144, 300_001] {
            let mut room = rooms.room(numbers);
            room.numbers_mut().fill(1.5);
            let place = room.numbers_mut().as_ptr();
            let buffer = room.into_buffer();
            assert_eq!((buffer.len(), buffer.as_ptr().cast()), (8 * numbers, place));
            assert!(buffer.typed_data::<f64>().iter().all(|x| *x == 1.5));
            drop(buffer);
            let mut again = rooms.room(numbers);
            assert!(again.numbers_mut().as_ptr() == place || 8 * numbers < LEAST, "{numbers}");
        }
        let many: Vec<Room> = (0..100).map(|_| rooms.room(262_144)).collect();
        drop(many);
        let kept = rooms.0.lock().unwrap();
        assert_eq!(kept.bytes, kept.rooms.iter().map(usable).sum::<usize>());
        assert!((MOST_KEPT / 2..=MOST_KEPT).contains(&kept.bytes), "{}", kept.bytes);
    }

    #[test]
    fn large_columns_begin_at_large_pages() {
        let mut room = Arc::new(Rooms::default()).room(262_144);
        assert_eq!(room.numbers_mut().as_ptr() as usize % LARGE_PAGE, 0);
    }
}
