//! Functions that are not evaluated like others.

mod about;
mod conditional;
mod index;
mod indirect;
mod lambda;
mod offset;
mod positions;
mod record_arrays;
mod special;
mod subtotal;
