//! Clients with sync and outbox, a service that decides by the rules, and everything that goes wrong between them; in
//! virtual time, from a seed.

mod client;
mod dice;
mod tests;
mod world;

pub use world::origin;
