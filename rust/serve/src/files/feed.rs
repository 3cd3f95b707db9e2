//! Records that somebody else reads and pushes in piece by piece, as a server does with an upload. Pieces that the run is
//! too slow for wait on disk: a server that stops reading cannot see that its client goes away. The pusher never waits
//! here: it is told when there is no room, and a file descriptor becomes readable when there is some again.

use crate::files::overflow::Overflow;
use crate::files::spool::Spools;
use crate::stop::StopSignal;
use rustix::event::{EventfdFlags, eventfd};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Between two looks at the stop signal.
const LOOK: Duration = Duration::from_millis(20);

/// The end that is pushed into.
#[derive(Debug)]
pub struct Feed {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Bytes that may wait in memory.
    most: usize,
    queue: Mutex<Queue>,
    arrived: Condvar,
    room: OwnedFd,
}

#[derive(Debug)]
struct Queue {
    pieces: VecDeque<Vec<u8>>,
    bytes: usize,
    /// What comes after the pieces.
    overflow: Overflow,
    end: Option<End>,
    /// The pusher waits for room.
    wanted: bool,
    /// Nobody reads any more.
    closed: bool,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Whole,
    BrokenOff,
}

impl Feed {
    /// `most` bytes may wait in memory, or one piece; others in `spools`.
    pub fn new(most: usize, spools: Arc<Spools>) -> io::Result<Feed> {
        let room = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let queue = Queue {
            pieces: VecDeque::new(),
            bytes: 0,
            overflow: Overflow::new(spools),
            end: None,
            wanted: false,
            closed: false,
        };
        let shared = Shared { most, queue: Mutex::new(queue), arrived: Condvar::new(), room };
        Ok(Feed { shared: Arc::new(shared) })
    }

    /// Adds a piece. False if there is no room for it in memory: it may be put aside, or pushed again when `room` is
    /// readable. What nobody reads is thrown away.
    pub fn push(&self, piece: &[u8]) -> bool {
        let mut queue = self.shared.queue();
        if queue.closed || piece.is_empty() {
            return true;
        }
        let fits = queue.bytes == 0 || queue.bytes + piece.len() <= self.shared.most;
        if !fits || !queue.overflow.is_empty() {
            queue.wanted = true;
            return false;
        }
        queue.bytes += piece.len();
        queue.pieces.push_back(piece.to_vec());
        self.shared.arrived.notify_one();
        true
    }

    /// Adds a piece on disk. False if there is no room for it there. It may take as long as a disk does; nobody else
    /// pushes meanwhile.
    pub fn put_aside(&self, piece: &[u8]) -> bool {
        let mut queue = self.shared.queue();
        if queue.closed {
            return true;
        }
        let Ok(place) = queue.overflow.begin(piece.len()) else { return false };
        drop(queue);
        let written = place.write(piece);
        let mut queue = self.shared.queue();
        queue.overflow.end(piece.len(), &written);
        self.shared.arrived.notify_one();
        written.is_ok()
    }

    /// All has been pushed.
    pub fn finish(&self) {
        self.end(End::Whole);
    }

    /// The rest will never come: reading it is an error.
    pub fn break_off(&self) {
        self.end(End::BrokenOff);
    }

    fn end(&self, end: End) {
        self.shared.queue().end.get_or_insert(end);
        self.shared.arrived.notify_one();
    }

    /// Readable when there is room again, or nobody reads any more.
    pub fn room(&self) -> BorrowedFd<'_> {
        self.shared.room.as_fd()
    }

    /// What reads the pieces, until `stop` is raised.
    pub fn reader(&self, stop: Arc<StopSignal>) -> FeedReader {
        FeedReader { shared: Arc::clone(&self.shared), piece: Vec::new(), given: 0, stop }
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, queue: &mut Queue) {
        if std::mem::take(&mut queue.wanted) {
            // It can only fail because it tells already.
            let _ = rustix::io::write(&self.room, &1_u64.to_ne_bytes());
        }
    }
}

/// The end that is read.
pub struct FeedReader {
    shared: Arc<Shared>,
    piece: Vec<u8>,
    given: usize,
    stop: Arc<StopSignal>,
}

impl FeedReader {
    /// The next piece, an empty one at the end.
    fn next(&self) -> io::Result<Vec<u8>> {
        let mut queue = self.shared.queue();
        loop {
            if self.stop.is_raised() {
                return Err(io::Error::other("stopped"));
            }
            if let Some(piece) = queue.pieces.pop_front() {
                queue.bytes -= piece.len();
                if queue.bytes <= self.shared.most / 2 && queue.overflow.is_empty() {
                    self.shared.tell(&mut queue);
                }
                return Ok(piece);
            }
            if let Some(place) = queue.overflow.next() {
                if queue.overflow.is_empty() {
                    self.shared.tell(&mut queue);
                }
                drop(queue);
                let piece = place.read();
                self.shared.queue().overflow.was_read();
                return piece;
            }
            match queue.end {
                Some(End::Whole) => return Ok(Vec::new()),
                Some(End::BrokenOff) => return Err(io::Error::other("it broke off before its end")),
                None => {
                    let waited = self.shared.arrived.wait_timeout(queue, LOOK);
                    queue = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }
}

impl Read for FeedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.piece.len() {
            self.piece = self.next()?;
            self.given = 0;
        }
        let count = self.piece.get(self.given..).unwrap_or_default().read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

impl Drop for FeedReader {
    fn drop(&mut self) {
        let mut queue = self.shared.queue();
        queue.closed = true;
        queue.pieces.clear();
        queue.bytes = 0;
        self.shared.tell(&mut queue);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::spool::SpoolSpace;

    fn feed(disk: u64) -> Feed {
        let space = SpoolSpace::new(std::env::temp_dir(), disk);
        Feed::new(10, Arc::new(Spools::new(Arc::new(space)))).unwrap()
    }

    fn told(feed: &Feed) -> bool {
        rustix::io::read(feed.room(), &mut [0; 8]).is_ok()
    }

    #[test]
    fn the_pusher_is_told_of_room_once_there_is_some() {
        let feed = feed(0);
        let mut reader = feed.reader(Arc::default());
        assert!(feed.push(b"123") && feed.push(b"456789"));
        assert!(!feed.push(b"abc") && !feed.put_aside(b"abc"));
        assert!(!told(&feed));
        let mut first = [0; 3];
        reader.read_exact(&mut first).unwrap();
        assert!(!told(&feed), "6 of 10 bytes still wait");
        let mut second = [0; 3];
        reader.read_exact(&mut second).unwrap();
        assert!(told(&feed) && feed.push(b"abc"));
        feed.finish();
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!((&first, &second, rest.as_str()), (b"123", b"456", "789abc"));
    }

    #[test]
    fn what_waits_on_disk_keeps_its_turn_and_its_room_is_used_again() {
        let feed = feed(40);
        let mut reader = feed.reader(Arc::default());
        let mut sent = Vec::new();
        let mut got = Vec::new();
        for round in 0..100_u8 {
            for letter in 0..3 {
                let piece = [round, letter, 0, 0, 0, 0];
                assert!(feed.push(&piece) || feed.put_aside(&piece));
                sent.extend_from_slice(&piece);
            }
            while got.len() < sent.len() - usize::from(round % 2) {
                let mut byte = [0];
                reader.read_exact(&mut byte).unwrap();
                got.push(byte[0]);
            }
        }
        feed.finish();
        reader.read_to_end(&mut got).unwrap();
        assert_eq!(got, sent);
    }

    #[test]
    fn what_breaks_off_or_is_stopped_never_reads_like_a_whole() {
        let broken = feed(0);
        broken.push(b"123");
        broken.break_off();
        broken.finish();
        assert!(broken.reader(Arc::default()).read_to_end(&mut Vec::new()).is_err());
        let stop = Arc::new(StopSignal::default());
        stop.cancel();
        assert!(feed(0).reader(stop).read(&mut [0; 8]).is_err());
    }

    #[test]
    fn a_pusher_does_not_wait_for_a_reader_that_has_gone() {
        let feed = feed(0);
        let reader = feed.reader(Arc::default());
        assert!(feed.push(&[0; 20]) && !feed.push(&[0; 20]));
        drop(reader);
        assert!(told(&feed));
        assert!(feed.push(&[0; 20]));
    }
}
