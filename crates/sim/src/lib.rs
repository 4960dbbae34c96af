//! What the tests, the benches and the demo stand on: time that is told, a network that loses packets on a seed,
//! a relay that does the same to real UDP, and measures taken from recorded speech.
//!
//! Of the product, only `liaison doctor` uses it. Nothing here needs a C compiler or a system library.

#![forbid(unsafe_code)]

mod clock;
mod impairment;
mod network;
pub mod packet;
pub mod pcap;
mod relay;
mod rng;
mod room;
pub mod speech;
mod trace;

pub use clock::VirtualClock;
pub use impairment::{Fate, Impairer, Impairment};
pub use network::{Delivery, Network, NodeId};
pub use relay::{Captured, Counts, Direction, Relay, RelayConfig, RelayCounts};
pub use rng::Rng;
pub use room::Room;
pub use trace::{Trace, TraceError};
