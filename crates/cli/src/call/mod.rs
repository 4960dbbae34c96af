//! `liaison call` and `liaison answer`: one end of a call, in a terminal.

mod answer;
mod audio;
mod follow;
mod interrupt;
mod moment;
mod options;
mod place;
pub mod process;
mod report;
mod session;
mod timeline;
mod token;

pub use answer::{AnswerArguments, run as run_answer};
pub use place::{CallArguments, run as run_call};
