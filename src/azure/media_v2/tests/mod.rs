//! AMS v2 on the wire.

mod redirect;
