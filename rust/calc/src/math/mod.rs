//! Mathematical functions of doubles, with the same bits on every processor. From the bottom up.

pub mod processor;

pub mod power;

pub mod elementary;

pub mod special;
