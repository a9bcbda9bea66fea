//! The real program, in processes of its own: bakes with both kinds of engine, Ctrl-C, the death of
//! engines, exit codes. Reports are tested where they are made; here it is told what a person sees.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing step is a failing test")]

mod bake;
mod codes;
mod completion;
mod fair;
mod init;
mod interrupt;
mod jobs;
mod json;
mod keep;
mod kit;
mod live;
mod lsp;
mod nested;
mod phases;
mod plan;
mod pty;
mod read;
mod remote;
mod retry;
mod secrets;
mod terminal;
mod tool;
mod tutorial;
mod volume;
