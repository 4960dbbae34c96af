//! The C ABI over [`liaison_engine`]: handles, status codes, events, conversions.
//!
//! `include/liaison.h` is made from this crate's public items and their documentation (`cargo xtask header`),
//! so every doc comment here is written for a C programmer: no Rust terms, no intra-doc brackets.
//!
//! How a call from C travels: the exported function (one module a subject: [`engine`], [`call`], [`audio`], …)
//! → [`guard`] (re-entry, liveness, poison, panic) → [`convert`] (pointers to references, the only module that
//! looks through a caller's pointer) → [`backend`] (the only module that knows the engine crate).
#![allow(non_camel_case_types, reason = "the Rust names are the C names, so that both sides can be searched")]

#[cfg(panic = "abort")]
compile_error!("build liaison with panic = \"unwind\": the guard turns a panic into LIAISON_PANIC");

// What C sees, in the order of the header, which is that of a manual. (Blank lines keep the formatter from sorting.)
pub mod version;

pub mod status;

pub mod text;

pub mod clock;

pub mod config;

pub mod engine;

pub mod event;

pub mod poll;

pub mod call;

pub mod stats;

pub mod chat;

pub mod chat_event;

pub mod chat_thread;

pub mod chat_message;

pub mod chat_attachment;

pub mod audio;

pub mod processing;

pub mod device;

pub mod identifier;

mod backend;
mod consumer;
mod convert;
mod guard;
mod hook;
