//! The commands as a user runs them: exit codes, what goes to which stream, contracts.

mod cases;
mod check;
mod explain;
mod hostile;
mod impact;
mod inspect;
mod policy;
mod serve;
mod shell;
mod trial;
