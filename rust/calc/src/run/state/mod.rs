//! What a run works on. From the bottom up.

pub mod memo;

pub mod flags;

pub mod trust;

pub mod slots;

pub mod frame;

pub mod outputs;

pub mod block;

pub mod machine;

pub mod inputs;
