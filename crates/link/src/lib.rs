//! The one realtime connection: hello, versions, sequence, acknowledgement, resume.

#![forbid(unsafe_code)]
