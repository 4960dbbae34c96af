//! Who: identifiers, raw ids, token claims, connection strings, request signing.

#![forbid(unsafe_code)]
