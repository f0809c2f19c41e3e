//! What real servers answered, against what we make of the same.

mod answers;
mod cases;
mod tags;
