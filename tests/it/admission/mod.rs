//! What the engine answers to admission requests, without an API server, and the server that carries the answers.

mod claims;
mod config_maps;
mod exceptions;
mod pods;
mod secrets;
mod server;
mod verdicts;
