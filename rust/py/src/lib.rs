//! The Python extension module `execd._native`.
