//! Chat between the HTTP interface and the store: who may be added, what HTML may hold, how often.

mod admission;
mod html;
mod rates;

pub(crate) use admission::admit;
pub(crate) use html::sanitised;
pub use rates::{ChatRate, ChatRates, Shared};
