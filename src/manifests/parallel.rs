//! Work on many things at once, on as many threads as there are processors.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};

/// Deeply nested documents are read on the stack.
const STACK: usize = 8 << 20;
/// How many neighbours a thread takes at once.
const BATCH: usize = 16;

/// What comes out for each item, in their order.
pub(super) fn map_in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from).min(items.len().div_ceil(BATCH));
    let mut batches: Vec<(usize, Vec<R>)> = thread::scope(|scope| {
        let mut workers = Vec::new();
        for _ in 0..threads {
            workers.extend(spawn(scope, || map_batches(items, &next, &work)).ok());
        }
        if workers.is_empty() {
            return map_batches(items, &next, &work);
        }
        workers.into_iter().flat_map(join).collect()
    });
    batches.sort_unstable_by_key(|(start, _)| *start);
    batches.into_iter().flat_map(|(_, batch)| batch).collect()
}

/// What comes out for the batches that no other thread takes, each with where it starts.
fn map_batches<T, R>(items: &[T], next: &AtomicUsize, work: impl Fn(&T) -> R) -> Vec<(usize, Vec<R>)> {
    let mut done = Vec::new();
    loop {
        let start = next.fetch_add(BATCH, Ordering::Relaxed);
        let Some(rest) = items.get(start..).filter(|rest| !rest.is_empty()) else { return done };
        done.push((start, rest.iter().take(BATCH).map(&work).collect()));
    }
}

/// Does something on a stack that is large enough.
pub(super) fn run_on_large_stack<R: Send>(work: impl FnOnce() -> R + Send) -> io::Result<R> {
    thread::scope(|scope| spawn(scope, work).map(join))
}

fn spawn<'scope, R: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> R + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, R>> {
    thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work)
}

/// A panic goes on here: nothing vanishes silently.
fn join<R>(worker: ScopedJoinHandle<R>) -> R {
    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
