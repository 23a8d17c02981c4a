//! What a user would want to see while a call waits.

/// Told of waits as they begin.
pub trait Observer: Send + Sync + std::fmt::Debug {
    /// One notice: `throttled, continuing in 17 s`.
    fn notice(&self, notice: &Notice);
}

/// What the client has to say while it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// One clause for people.
    pub message: String,
    /// The host that is waited for.
    pub host: String,
    /// How long the wait is, in whole seconds, rounded up.
    pub seconds: u64,
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn notice(&self, _: &Notice) {}
}
