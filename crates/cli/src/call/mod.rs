//! `liaison call` and `liaison answer`: one end of a call, in a terminal.

mod answer;
mod audio;
mod follow;
mod open;
mod options;
mod place;
mod report;

pub use answer::{AnswerArguments, run as run_answer};
pub use place::{CallArguments, run as run_call};
