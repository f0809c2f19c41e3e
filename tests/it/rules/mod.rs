//! What the rules say: each on its own example, all of them on whole releases, and the files that are written from them.

mod examples;
mod expected;
mod generated;
