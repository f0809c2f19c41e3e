//! Servers by their version: real ones against what the tables were made from, and releases whose image decides.

mod live;
mod releases;
