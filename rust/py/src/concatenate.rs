//! Python bytes put together from pieces. PyO3 would clear their memory first, and keep the GIL meanwhile, which for large
//! answers takes longer than others may wait.
#![allow(unsafe_code, reason = "the memory of new bytes is written before anybody sees them")]

use crate::detach::detached_if;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::mem::MaybeUninit;

/// Bytes that take longer to copy than the GIL takes to come back.
const MUCH: usize = 1 << 20;

/// The pieces as one, written with the GIL released if they are large.
pub fn concatenated<'py>(py: Python<'py>, pieces: &[&[u8]]) -> PyResult<Bound<'py, PyBytes>> {
    let length = pieces.iter().map(|piece| piece.len()).sum::<usize>();
    // SAFETY: without a source this allocates bytes of that length, or gives null with an exception, which `from_owned`
    // reports. `length` fits, because the pieces are in memory.
    let bytes = unsafe {
        let object = ffi::PyBytes_FromStringAndSize(std::ptr::null(), length as ffi::Py_ssize_t);
        Bound::from_owned_ptr_or_err(py, object)?.cast_into::<PyBytes>()?
    };
    // SAFETY: the bytes have `length` bytes, which nobody else can reach before this returns.
    let mut room = unsafe {
        let start = ffi::PyBytes_AsString(bytes.as_ptr()).cast::<MaybeUninit<u8>>();
        std::slice::from_raw_parts_mut(start, length)
    };
    detached_if(py, length > MUCH, || {
        for piece in pieces {
            let (place, rest) = std::mem::take(&mut room).split_at_mut(piece.len());
            place.write_copy_of_slice(piece);
            room = rest;
        }
    })?;
    Ok(bytes)
}
