//! Tests of the parser. The shells themselves say what is right: `bash`, `dash` and `busybox ash` must be installed.

mod accepted;
mod generate;
mod hostile;
mod print;
mod print_word;
mod properties;
mod real;
mod shells;
mod tree;
