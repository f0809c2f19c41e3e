//! The command. Everything is in the library; here are only the choices of a process.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // First thing: with a second provider linked by accident, rustls would otherwise panic at the first handshake.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    plimsoll::cli::run()
}
