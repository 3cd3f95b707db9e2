//! Records that somebody else reads and pushes in piece by piece, as a server does with an upload. The pusher never waits
//! here: it is told when there is no room, and a file descriptor becomes readable when there is some again.

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
    /// Bytes that may wait.
    most: usize,
    queue: Mutex<Queue>,
    arrived: Condvar,
    room: OwnedFd,
}

#[derive(Debug, Default)]
struct Queue {
    pieces: VecDeque<Vec<u8>>,
    bytes: usize,
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
    /// `most` bytes may wait; the last piece may go beyond.
    pub fn new(most: usize) -> io::Result<Feed> {
        let room = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let shared = Shared { most, queue: Mutex::default(), arrived: Condvar::new(), room };
        Ok(Feed { shared: Arc::new(shared) })
    }

    /// Adds a piece. False if the pusher must wait now until `room` is readable. What nobody reads is thrown away.
    pub fn push(&self, piece: &[u8]) -> bool {
        let mut queue = self.shared.queue();
        if queue.closed || piece.is_empty() {
            return true;
        }
        queue.bytes += piece.len();
        queue.pieces.push_back(piece.to_vec());
        queue.wanted = queue.bytes >= self.shared.most;
        self.shared.arrived.notify_one();
        !queue.wanted
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
                if queue.bytes <= self.shared.most / 2 {
                    self.shared.tell(&mut queue);
                }
                return Ok(piece);
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

    fn told(feed: &Feed) -> bool {
        rustix::io::read(feed.room(), &mut [0; 8]).is_ok()
    }

    #[test]
    fn the_pusher_is_told_of_room_once_there_is_some() {
        let feed = Feed::new(10).unwrap();
        let mut reader = feed.reader(Arc::default());
        assert!(feed.push(b"12345"));
        assert!(!feed.push(b"6789012"));
        assert!(!told(&feed));
        let mut first = [0; 3];
        reader.read_exact(&mut first).unwrap();
        assert!(!told(&feed), "7 of 10 bytes still wait");
        let mut second = [0; 3];
        reader.read_exact(&mut second).unwrap();
        assert!(told(&feed));
        feed.finish();
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!((&first, &second, rest.as_str()), (b"123", b"456", "789012"));
    }

    #[test]
    fn what_breaks_off_or_is_stopped_never_reads_like_a_whole() {
        let feed = Feed::new(10).unwrap();
        feed.push(b"123");
        feed.break_off();
        feed.finish();
        assert!(feed.reader(Arc::default()).read_to_end(&mut Vec::new()).is_err());
        let stop = Arc::new(StopSignal::default());
        stop.cancel();
        assert!(Feed::new(10).unwrap().reader(stop).read(&mut [0; 8]).is_err());
    }

    #[test]
    fn a_pusher_does_not_wait_for_a_reader_that_has_gone() {
        let feed = Feed::new(10).unwrap();
        let reader = feed.reader(Arc::default());
        assert!(!feed.push(&[0; 20]));
        drop(reader);
        assert!(told(&feed));
        assert!(feed.push(&[0; 20]));
    }
}
