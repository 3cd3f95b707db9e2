//! An allocator that counts by thread, so that the memory of an input or a call has a limit that a test can look at. A
//! test program names `Counting` as its allocator.

#![allow(unsafe_code, reason = "an allocator cannot be written without; it only counts and passes on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

pub struct Counting;

/// No larger piece is given, as on a machine that has no more: the Arrow crates ask for what a file claims.
const LARGEST: usize = 3 << 30;

thread_local! {
    // Below zero where a thread gives back more than it took.
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn taken(bytes: usize) {
    let live = LIVE.get() + bytes as isize;
    LIVE.set(live);
    PEAK.set(PEAK.get().max(live));
}

fn given_back(bytes: usize) {
    LIVE.set(LIVE.get() - bytes as isize);
}

/// Runs `work` and gives the most bytes that this thread held at once, besides those it held before.
pub fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = LIVE.get();
    PEAK.set(before);
    let result = work();
    (result, usize::try_from(PEAK.get() - before).unwrap_or(0))
}

// SAFETY: every call is passed on to the system's allocator with the arguments that came in.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LARGEST {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promises are those that the system's allocator asks for; so in all four functions.
        counted(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LARGEST {
            return std::ptr::null_mut();
        }
        // SAFETY: as above.
        counted(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        given_back(layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        let new = counted(unsafe { System.realloc(place, layout, size) }, size);
        if !new.is_null() {
            given_back(layout.size());
        }
        new
    }
}

/// A null pointer is memory that was refused, and not taken.
fn counted(place: *mut u8, bytes: usize) -> *mut u8 {
    if !place.is_null() {
        taken(bytes);
    }
    place
}
